import {
  createAudioCodec,
  createResampler,
  type AudioCodec,
  type AudioFormat,
  type Resampler,
  type SampleRate,
} from '@phone-agents/core';

/** Turns the bytes of a server's audio into samples for the line, whatever the format and the rate. */
export class ServerAudio {
  readonly #codec: AudioCodec;
  readonly #resampler: Resampler;
  readonly #bytesPerSample: number;
  /** Decoded samples; in front those that the last message left over for the resampler. */
  #samples = new Int16Array(8_000);
  #leftOver = 0;

  /** @throws AudioFormatError where the format is not supported. */
  constructor(format: AudioFormat, lineRate: SampleRate) {
    this.#codec = createAudioCodec(format);
    this.#resampler = createResampler(format.sampleRate, lineRate);
    this.#bytesPerSample = format.encoding === 'L16' ? 2 : 1;
  }

  /** Whether these bytes are whole samples. */
  isWhole(bytes: Uint8Array): boolean {
    return bytes.length % this.#bytesPerSample === 0;
  }

  /** How long so many bytes sound, in ms. */
  durationMs(byteLength: number): number {
    return (byteLength * 1000) / (this.#bytesPerSample * this.#codec.format.sampleRate);
  }

  /** The next samples for the line, borrowed: valid until the next call. */
  read(bytes: Uint8Array): Int16Array {
    const count = this.#leftOver + bytes.length / this.#bytesPerSample;
    if (count > this.#samples.length) {
      const larger = new Int16Array(count * 2);
      larger.set(this.#samples.subarray(0, this.#leftOver));
      this.#samples = larger;
    }
    this.#codec.decode(bytes, this.#samples.subarray(this.#leftOver));
    const ready = count - (count % this.#resampler.inputMultiple);
    const converted = this.#resampler.process(this.#samples.subarray(0, ready));
    // Only a real resampler leaves something over, and its result is a buffer of its own.
    this.#samples.copyWithin(0, ready, count);
    this.#leftOver = count - ready;
    return converted;
  }

  /** What comes next does not follow on what came before. */
  reset(): void {
    this.#leftOver = 0;
    this.#resampler.reset();
  }
}
