import { AudioFormatError } from '../errors.ts';
import { samplesPerFrame, type SampleRate } from './audio-frame.ts';
import { sharedFirWorkspace } from './fir-workspace.ts';
import type { NyquistFilterDesign } from './kaiser-filter.ts';
import { createPolyphaseFilter } from './polyphase-filter.ts';
import { placeFilter, PolyphaseStage, type PlacedFilter } from './polyphase-stage.ts';

/** Changes the sample rate of one stream of sound. Made by {@link createResampler}. */
export interface Resampler {
  readonly fromRate: SampleRate;
  readonly toRate: SampleRate;
  /**
   * How much later sound comes out than it went in, in samples at `toRate`; at most 2.5 ms. Not always
   * a whole number.
   */
  readonly delaySamples: number;
  /** {@link process} takes any number of samples that is a multiple of this. A 20 ms frame always is. */
  readonly inputMultiple: number;
  /**
   * Takes the next samples of the stream and returns as many at `toRate` as belong to them: one 20 ms
   * frame for one 20 ms frame. How the stream is cut into pieces does not change a single bit.
   *
   * The result is **borrowed**: it is overwritten by the next call. Between equal rates it is `samples`
   * itself. Sound that would go beyond 16 bits is held at the limit.
   *
   * @throws RangeError if the number of samples is not a multiple of `inputMultiple`.
   */
  process(samples: Int16Array): Int16Array;
  /** Forgets what came before: the next sound starts from silence. Call it when the queue is cleared. */
  reset(): void;
}

// Lengths and windows were searched for: at these the image of every tone up to 3.4 kHz is 83 dB below it
// (at higher rates the same, scaled), and 8 to 48 kHz stays within 2.5 ms. A neighbouring beta loses 10 dB.
const SHARP_HALF_BAND: NyquistFilterDesign = { ratio: 2, taps: 71, beta: 8.4 };
const SHARP_THIRD_BAND: NyquistFilterDesign = { ratio: 3, taps: 107, beta: 8.4 };
// Between 16 and 48 kHz on the way from or to 8 kHz, where the sharp half-band does the rest. Down needs the
// longer one (29 taps let 12 kHz through at -63 dB) and has the time for it; up, it would exceed 2.5 ms.
const RELAXED_UP: NyquistFilterDesign = { ratio: 3, taps: 29, beta: 9 };
const RELAXED_DOWN: NyquistFilterDesign = { ratio: 3, taps: 35, beta: 9 };

interface StageDesign {
  readonly up: number;
  readonly down: number;
  readonly design: NyquistFilterDesign;
}

const DOUBLE: StageDesign = { up: 2, down: 1, design: SHARP_HALF_BAND };
const HALVE: StageDesign = { up: 1, down: 2, design: SHARP_HALF_BAND };
const TRIPLE: StageDesign = { up: 3, down: 1, design: SHARP_THIRD_BAND };
const THIRD: StageDesign = { up: 1, down: 3, design: SHARP_THIRD_BAND };
const THREE_HALVES: StageDesign = { up: 3, down: 2, design: SHARP_THIRD_BAND };
const TWO_THIRDS: StageDesign = { up: 2, down: 3, design: SHARP_THIRD_BAND };
const TRIPLE_AFTER_DOUBLE: StageDesign = { up: 3, down: 1, design: RELAXED_UP };
const THIRD_BEFORE_HALVE: StageDesign = { up: 1, down: 3, design: RELAXED_DOWN };

const STAGES: Readonly<Record<SampleRate, Readonly<Record<SampleRate, readonly StageDesign[]>>>> = {
  8000: { 8000: [], 16000: [DOUBLE], 24000: [TRIPLE], 48000: [DOUBLE, TRIPLE_AFTER_DOUBLE] },
  16000: { 8000: [HALVE], 16000: [], 24000: [THREE_HALVES], 48000: [TRIPLE] },
  24000: { 8000: [THIRD], 16000: [TWO_THIRDS], 24000: [], 48000: [DOUBLE] },
  48000: { 8000: [THIRD_BEFORE_HALVE, HALVE], 16000: [THIRD], 24000: [HALVE], 48000: [] },
};

/** Filters already designed, shared by every resampler of their kind. */
const filters = new Map<StageDesign, PlacedFilter>();

/**
 * Makes a resampler for one stream in one direction, between any two of 8, 16, 24 and 48 kHz.
 *
 * Linear-phase polyphase filters: for the telephone band flat within 0.1 dB to 3.4 kHz, aliases and
 * images 80 dB down beyond 5 kHz, distortion and noise 80 dB below the signal; between higher rates
 * the same, scaled. Nothing is allocated for 20 ms frames. The first resampler of the process sets
 * up the filter code, some 5 ms: make it before the call's audio flows. Later ones take a fraction of
 * a millisecond.
 *
 * ```ts
 * const resampler = createResampler(8000, 16000);
 * const wideband = resampler.process(frame.samples); // 160 samples in, 320 out
 * ```
 *
 * @throws AudioFormatError if a rate is none of these four.
 */
export function createResampler(fromRate: SampleRate, toRate: SampleRate): Resampler {
  const stages = (STAGES as Partial<typeof STAGES>)[fromRate]?.[toRate];
  if (stages === undefined) {
    throw new AudioFormatError(
      `Cannot resample from ${String(fromRate)} to ${String(toRate)} Hz: the rates supported are ${Object.keys(STAGES).join(', ')} Hz.`,
    );
  }
  if (stages.length === 0) return new PassThrough(fromRate);
  return new PolyphaseResampler(fromRate, toRate, stages.map(filterOf));
}

function filterOf(stage: StageDesign): PlacedFilter {
  let filter = filters.get(stage);
  if (filter === undefined) {
    const { up, down, design } = stage;
    filter = placeFilter(createPolyphaseFilter(up, down, design), sharedFirWorkspace());
    filters.set(stage, filter);
  }
  return filter;
}

class PassThrough implements Resampler {
  readonly fromRate: SampleRate;
  readonly toRate: SampleRate;
  readonly delaySamples = 0;
  readonly inputMultiple = 1;

  constructor(rate: SampleRate) {
    this.fromRate = rate;
    this.toRate = rate;
  }

  process(samples: Int16Array): Int16Array {
    return samples;
  }

  reset(): void {
    // Nothing is remembered.
  }
}

class PolyphaseResampler implements Resampler {
  readonly fromRate: SampleRate;
  readonly toRate: SampleRate;
  readonly delaySamples: number;
  readonly inputMultiple: number;
  readonly #stages: readonly PolyphaseStage[];
  /** What goes from one stage to the next. */
  readonly #between: Float32Array;
  readonly #frameSamples: number;
  #buffer: Int16Array;
  /** `#buffer` cut to the length that was asked for last: the same for every frame of a stream. */
  #result: Int16Array;

  constructor(fromRate: SampleRate, toRate: SampleRate, stageFilters: readonly PlacedFilter[]) {
    this.fromRate = fromRate;
    this.toRate = toRate;
    let delaySamples = 0;
    let inputMultiple = 1;
    for (const { up, down, delay } of stageFilters) {
      delaySamples = (delaySamples * up) / down + delay;
      inputMultiple *= down;
    }
    this.delaySamples = delaySamples;
    this.inputMultiple = inputMultiple;
    this.#stages = stageFilters.map((filter) => new PolyphaseStage(filter));
    this.#frameSamples = samplesPerFrame(fromRate);
    this.#between = new Float32Array(stageFilters.length > 1 ? samplesPerFrame(16000) : 0);
    this.#buffer = new Int16Array(samplesPerFrame(toRate));
    this.#result = this.#buffer;
  }

  process(samples: Int16Array): Int16Array {
    const count = samples.length;
    if (count % this.inputMultiple !== 0) {
      throw new RangeError(
        `Resampling from ${this.fromRate} to ${this.toRate} Hz takes a multiple of ${this.inputMultiple} samples at once, not ${count}. Pass whole 20 ms frames.`,
      );
    }
    this.#makeRoom((count * this.toRate) / this.fromRate);
    let written = 0;
    for (let from = 0; from < count; from += this.#frameSamples) {
      written += this.#processFrame(
        samples,
        from,
        Math.min(count - from, this.#frameSamples),
        written,
      );
    }
    return this.#result;
  }

  reset(): void {
    for (const stage of this.#stages) stage.reset();
  }

  /** A frame at most: that is what a workspace holds. */
  #processFrame(samples: Int16Array, from: number, count: number, to: number): number {
    let stage = this.#stages[0]!;
    stage.loadSamples(samples, from, count);
    stage.run();
    for (let next = 1; next < this.#stages.length; next++) {
      const between = stage.writeFloats(this.#between);
      stage = this.#stages[next]!;
      stage.loadSamples(this.#between, 0, between);
      stage.run();
    }
    return stage.writeSamples(this.#result, to);
  }

  #makeRoom(count: number): void {
    if (this.#result.length === count) return;
    if (this.#buffer.length < count) this.#buffer = new Int16Array(count);
    this.#result = this.#buffer.subarray(0, count);
  }
}
