import type { AudioFrame, Resampler, SampleRate } from '@phone-agents/core';
import { createResampler } from '@phone-agents/core';

/** Brings frames to one rate; resamples only where theirs is another. */
export class RateConverter {
  readonly #toRate: SampleRate;
  #resampler: Resampler | undefined;

  constructor(toRate: SampleRate) {
    this.#toRate = toRate;
  }

  /** The frame's samples at the rate wanted; borrowed. */
  convert(frame: AudioFrame): Int16Array {
    if (frame.sampleRate === this.#toRate) return frame.samples;
    if (this.#resampler?.fromRate !== frame.sampleRate) {
      this.#resampler = createResampler(frame.sampleRate, this.#toRate);
    }
    return this.#resampler.process(frame.samples);
  }
}
