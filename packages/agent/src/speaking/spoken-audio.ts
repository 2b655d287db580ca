import { FRAME_DURATION_MS } from '@phone-agents/core';

interface Chunk {
  readonly startSample: number;
  readonly samples: Int16Array;
}

/** A stretch of it that was published without a break. */
interface Run {
  readonly publishedMs: number;
  readonly startMs: number;
  lengthMs: number;
}

/**
 * The audio of one utterance: what was made of it, what was given out to be published and where it
 * stands there. What was not heard yet is kept, so that speech that was stopped can go on where it
 * stopped. Positions are ms of the utterance's own audio, unless they say otherwise.
 */
export class SpokenAudio {
  readonly #samplesPerMs: number;
  readonly #frameSamples: number;
  #chunks: Chunk[] = [];
  #madeSamples = 0;
  #givenSamples = 0;
  readonly #runs: Run[] = [];

  constructor(sampleRate: number) {
    this.#samplesPerMs = sampleRate / 1000;
    this.#frameSamples = FRAME_DURATION_MS * this.#samplesPerMs;
  }

  /** How much was made. */
  get madeMs(): number {
    return this.#madeSamples / this.#samplesPerMs;
  }

  /** How much was made and waits to be given out. */
  get waitingMs(): number {
    return (this.#madeSamples - this.#givenSamples) / this.#samplesPerMs;
  }

  /** Adds samples; they are kept, not copied. */
  append(samples: Int16Array): void {
    if (samples.length === 0) return;
    this.#chunks.push({ startSample: this.#madeSamples, samples });
    this.#madeSamples += samples.length;
  }

  /** Fills up to a whole number of frames with silence. */
  pad(): void {
    const excess = this.#madeSamples % this.#frameSamples;
    if (excess > 0) this.append(new Int16Array(this.#frameSamples - excess));
  }

  /** Gives out all that waits, to be published from `publishedMs` on. */
  take(publishedMs: number): Int16Array[] {
    const from = this.#givenSamples;
    if (from === this.#madeSamples) return [];
    const startMs = from / this.#samplesPerMs;
    const lengthMs = this.waitingMs;
    const last = this.#runs.at(-1);
    if (
      last &&
      last.lengthMs > 0 &&
      last.publishedMs + last.lengthMs === publishedMs &&
      last.startMs + last.lengthMs === startMs
    ) {
      last.lengthMs += lengthMs;
    } else {
      this.#runs.push({ publishedMs, startMs, lengthMs });
    }
    this.#givenSamples = this.#madeSamples;
    return this.#chunks
      .filter(({ startSample, samples }) => startSample + samples.length > from)
      .map(({ startSample, samples }) => samples.subarray(Math.max(0, from - startSample)));
  }

  /** What of it was heard when all that is published was heard up to `publishedMs`. */
  heardMs(publishedMs: number): number {
    let heard = 0;
    for (const run of this.#runs) {
      if (run.publishedMs >= publishedMs) break;
      heard = run.startMs + Math.min(run.lengthMs, publishedMs - run.publishedMs);
    }
    return heard;
  }

  /** Where its last run ends among all that is published. */
  get publishedUntilMs(): number {
    const last = this.#runs.at(-1);
    return last ? last.publishedMs + last.lengthMs : 0;
  }

  /** It was heard up to `heardMs` and no further: what is behind that waits again, in whole frames. */
  rewind(heardMs: number): void {
    const frames = Math.floor(heardMs / FRAME_DURATION_MS);
    this.#givenSamples = Math.min(this.#givenSamples, frames * this.#frameSamples);
    for (const run of this.#runs) {
      run.lengthMs = Math.max(0, Math.min(run.lengthMs, heardMs - run.startMs));
    }
  }

  /** What waits, or was not heard, is left out. */
  skip(heardMs: number): void {
    this.rewind(heardMs);
    this.#givenSamples = this.#madeSamples;
  }

  /** What is before `heardMs` was heard and is not needed any more. */
  forget(heardMs: number): void {
    const sample = heardMs * this.#samplesPerMs;
    const keepFrom = this.#chunks.findIndex(
      ({ startSample, samples }) => startSample + samples.length > sample,
    );
    if (keepFrom < 0) this.#chunks = [];
    else if (keepFrom > 0) this.#chunks.splice(0, keepFrom);
  }
}
