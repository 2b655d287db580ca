import type { SampleRate } from '@phone-agents/core';
import { createResampler } from '@phone-agents/core';

const NO_SAMPLES = new Int16Array(0);

/** Resamples audio that comes in pieces of any length. */
export class StreamResampler {
  readonly #resampler;
  #rest = NO_SAMPLES;

  constructor(fromRate: SampleRate, toRate: SampleRate) {
    this.#resampler = createResampler(fromRate, toRate);
  }

  /** The next samples, of their own memory; between equal rates those that came. */
  push(samples: Int16Array): Int16Array {
    if (this.#resampler.fromRate === this.#resampler.toRate) return samples;
    const input = this.#rest.length === 0 ? samples : join(this.#rest, samples);
    const whole = input.length - (input.length % this.#resampler.inputMultiple);
    this.#rest = input.slice(whole);
    return whole === 0 ? NO_SAMPLES : this.#resampler.process(input.subarray(0, whole)).slice();
  }

  /** The last samples: the filter still holds them, and silence pushes them out. */
  finish(): Int16Array {
    const { inputMultiple, delaySamples, fromRate, toRate } = this.#resampler;
    if (fromRate === toRate) return NO_SAMPLES;
    const delay = Math.ceil((delaySamples * fromRate) / toRate);
    const length = Math.ceil((this.#rest.length + delay) / inputMultiple) * inputMultiple;
    const tail = new Int16Array(length);
    tail.set(this.#rest);
    const last = length === 0 ? NO_SAMPLES : this.#resampler.process(tail).slice();
    this.reset();
    return last;
  }

  /** Forgets what it holds. */
  reset(): void {
    this.#rest = NO_SAMPLES;
    this.#resampler.reset();
  }
}

function join(first: Int16Array, second: Int16Array): Int16Array {
  const joined = new Int16Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}
