import type { AudioFrame, SampleRate } from '@phone-agents/core';
import { samplesPerFrame } from '@phone-agents/core';

/**
 * Cuts decoded sound into 20 ms frames, each with its media time. Packets of 10 or 60 ms give frames of
 * 20 as well, and a hole in the sound is a hole in the media time.
 */
export class FrameAssembler {
  readonly #frame: { readonly samples: Int16Array } & {
    -readonly [K in keyof AudioFrame]: AudioFrame[K];
  };
  readonly #onFrame: (frame: AudioFrame) => void;
  /** Samples of the frame that is being filled. */
  #filled = 0;
  /** Media time of the next sample. */
  #position = 0;

  /** @param onFrame Gets the frames, borrowed: each is written over the one before. */
  constructor(sampleRate: SampleRate, onFrame: (frame: AudioFrame) => void) {
    const samples = new Int16Array(samplesPerFrame(sampleRate));
    this.#frame = { samples, sampleRate, timestampSamples: 0 };
    this.#onFrame = onFrame;
  }

  /** Media time behind all that was pushed, in samples. */
  get position(): number {
    return this.#position;
  }

  /** The sound goes on at `position`, if that is later than where it ended. */
  advance(position: number): void {
    if (position <= this.#position) return;
    this.#finish();
    this.#position = position;
  }

  /** Appends sound; borrowed. */
  push(samples: Int16Array): void {
    const frame = this.#frame;
    const { length } = frame.samples;
    for (let taken = 0; taken < samples.length;) {
      if (this.#filled === 0) frame.timestampSamples = this.#position;
      const count = Math.min(samples.length - taken, length - this.#filled);
      frame.samples.set(samples.subarray(taken, taken + count), this.#filled);
      taken += count;
      this.#filled += count;
      this.#position += count;
      if (this.#filled < length) return;
      this.#filled = 0;
      this.#onFrame(frame);
    }
  }

  /** Silence fills the frame that was begun. */
  #finish(): void {
    if (this.#filled === 0) return;
    const { samples } = this.#frame;
    samples.fill(0, this.#filled);
    this.#position += samples.length - this.#filled;
    this.#filled = 0;
    this.#onFrame(this.#frame);
  }
}
