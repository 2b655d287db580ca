import {
  createPortableFirKernel,
  FIR_GROUP,
  FIR_MEMORY_FLOATS,
  type FirKernel,
} from './fir-kernel.ts';
import { createWasmFirKernel } from './fir-wasm.ts';

/** The most steps (sets of one sample for each branch) that are filtered at once: a frame from 24 to 48 kHz. */
export const MAX_STEPS = 480;
/** The most past samples that a branch may keep. */
export const MAX_HISTORY = 64;

const MAX_BRANCHES = 3;
const MAX_PHASES = 3;
const BRANCH_FLOATS = MAX_HISTORY + MAX_STEPS + FIR_GROUP;
const PHASE_FLOATS = MAX_STEPS + FIR_GROUP;
const PHASES_AT = MAX_BRANCHES * BRANCH_FLOATS;
const TAPS_AT = PHASES_AT + MAX_PHASES * PHASE_FLOATS;

/**
 * The kernel's memory, divided: where a stage puts the branches it reads, where it finds the phases it made,
 * and the taps of every filter in use, which stay. Filtering is synchronous, so one workspace serves every
 * resampler of the process; what belongs to one stream is kept in its own stage.
 */
export class FirWorkspace {
  readonly kernel: FirKernel;
  readonly memory: Float32Array;
  #tapsEnd = TAPS_AT;

  constructor(kernel: FirKernel) {
    this.kernel = kernel;
    this.memory = kernel.memory;
  }

  /** Where the samples of an input branch begin, its history first. */
  branchAt(branch: number): number {
    return branch * BRANCH_FLOATS;
  }

  /** Where the outputs of a phase begin. */
  phaseAt(phase: number): number {
    return PHASES_AT + phase * PHASE_FLOATS;
  }

  /** Keeps taps for good, and returns where they lie. The few kinds of filter there are need 1,000 of 13,000 places. */
  placeTaps(taps: Float64Array): number {
    const at = this.#tapsEnd;
    if (at + taps.length > FIR_MEMORY_FLOATS) throw new RangeError('No room for another filter.');
    this.memory.set(taps, at);
    this.#tapsEnd = at + taps.length;
    return at;
  }
}

let shared: FirWorkspace | undefined;

/** The workspace of this process, made when the first resampler is. */
export function sharedFirWorkspace(): FirWorkspace {
  return (shared ??= new FirWorkspace(createBestKernel()));
}

function createBestKernel(): FirKernel {
  try {
    return createWasmFirKernel();
  } catch {
    return createPortableFirKernel();
  }
}
