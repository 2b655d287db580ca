import { MAX_HISTORY, MAX_STEPS, type FirWorkspace } from './fir-workspace.ts';
import type { PolyphaseFilter } from './polyphase-filter.ts';

/** A filter whose taps lie in a workspace. Immutable: shared by all resamplers of a kind. */
export interface PlacedFilter extends PolyphaseFilter {
  readonly workspace: FirWorkspace;
  /** For each phase, for each of its sub-filters: where its taps begin. */
  readonly tapsAt: readonly (readonly number[])[];
}

/** Puts a filter's taps into a workspace, for good. */
export function placeFilter(filter: PolyphaseFilter, workspace: FirWorkspace): PlacedFilter {
  if (filter.history > MAX_HISTORY) throw new RangeError('The filter is too long for a workspace.');
  const tapsAt = filter.phases.map((subFilters) =>
    subFilters.map(({ taps }) => workspace.placeTaps(taps)),
  );
  return { ...filter, workspace, tapsAt };
}

/**
 * One change of rate of one stream, with its memory of the past. Samples stay in floating point until
 * {@link writeSamples}, so that a chain of stages rounds once.
 */
export class PolyphaseStage {
  readonly #filter: PlacedFilter;
  /** The last `history` samples of each branch, one branch after the other. */
  readonly #past: Float32Array;
  #steps = 0;

  constructor(filter: PlacedFilter) {
    this.#filter = filter;
    this.#past = new Float32Array(filter.down * filter.history);
  }

  /** Takes `count` samples of `input` from index `from` on: a multiple of `down`, at most 480 steps. */
  loadSamples(input: Int16Array | Float32Array, from: number, count: number): void {
    const { workspace, down, history } = this.#filter;
    const memory = workspace.memory;
    const steps = count / down;
    if (steps > MAX_STEPS) throw new RangeError(`At most ${MAX_STEPS} steps, not ${steps}.`);
    this.#steps = steps;
    for (let branch = 0; branch < down; branch++) {
      const at = workspace.branchAt(branch);
      const past = branch * history;
      for (let i = 0; i < history; i++) memory[at + i] = this.#past[past + i]!;
      const first = at + history;
      let source = from + branch;
      for (let i = 0; i < steps; i++, source += down) memory[first + i] = input[source]!;
      for (let i = 0; i < history; i++) this.#past[past + i] = memory[at + steps + i]!;
    }
  }

  /** Filters what was loaded. The result lies in the workspace until another stage runs. */
  run(): void {
    const { workspace, phases, tapsAt, history } = this.#filter;
    const { kernel, memory } = workspace;
    const steps = this.#steps;
    for (let phase = 0; phase < phases.length; phase++) {
      const output = workspace.phaseAt(phase);
      memory.fill(0, output, output + steps);
      const subFilters = phases[phase]!;
      for (let i = 0; i < subFilters.length; i++) {
        const { branch, taps, offset } = subFilters[i]!;
        const input = workspace.branchAt(branch) + history + offset;
        kernel.run(tapsAt[phase]![i]!, taps.length, input, output, steps);
      }
    }
  }

  /** Copies the result, not rounded, to the start of `into`, and returns how many samples it is. */
  writeFloats(into: Float32Array): number {
    const { workspace, up } = this.#filter;
    const memory = workspace.memory;
    const steps = this.#steps;
    for (let phase = 0; phase < up; phase++) {
      const from = workspace.phaseAt(phase);
      for (let i = 0, to = phase; i < steps; i++, to += up) into[to] = memory[from + i]!;
    }
    return up * steps;
  }

  /** Rounds the result into `into` from index `at` on, held at the limits of 16 bits, and returns how many samples it is. */
  writeSamples(into: Int16Array, at: number): number {
    const { workspace, up } = this.#filter;
    const memory = workspace.memory;
    const steps = this.#steps;
    for (let phase = 0; phase < up; phase++) {
      const from = workspace.phaseAt(phase);
      for (let i = 0, to = at + phase; i < steps; i++, to += up) {
        // Shifted to be positive before `| 0`, which cuts towards zero. Half the cost of Math.round.
        const value = (memory[from + i]! + 32768.5) | 0;
        into[to] = (value < 0 ? 0 : value > 65535 ? 65535 : value) - 32768;
      }
    }
    return up * steps;
  }

  /** Forgets what came before. */
  reset(): void {
    this.#past.fill(0);
  }
}
