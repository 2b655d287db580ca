/** Sums the frames of several sources into one. Made by {@link createMixer}. */
export interface Mixer {
  /** Samples in each frame. */
  readonly samplesPerFrame: number;
  /** How many sources have been added since the last {@link finish} or {@link clear}. */
  readonly sources: number;
  /**
   * Adds one source's frame. A shorter one is taken to go on in silence.
   *
   * @throws RangeError if it is longer than a frame.
   */
  add(samples: Int16Array): void;
  /**
   * Writes the sum to the start of `into`, silence if nothing was added, and begins the next frame.
   * A single source comes out bit for bit as it went in. A sum beyond 16 bits is held at the limit:
   * no gain is changed, so that no voice is made quieter because another one speaks, and nothing is
   * remembered from frame to frame.
   *
   * @throws RangeError if `into` is shorter than a frame.
   */
  finish(into: Int16Array): void;
  /** Forgets what was added and begins the frame anew. */
  clear(): void;
}

/**
 * Makes a mixer whose frames have `samplesPerFrame` samples. It allocates nothing after this, and takes
 * up to 65,536 sources a frame.
 *
 * @throws RangeError if `samplesPerFrame` is not a positive whole number.
 */
export function createMixer(samplesPerFrame: number): Mixer {
  if (!Number.isInteger(samplesPerFrame) || samplesPerFrame <= 0) {
    throw new RangeError(
      `\`samplesPerFrame\` must be a positive whole number, not ${samplesPerFrame}.`,
    );
  }
  return new SaturatingMixer(samplesPerFrame);
}

class SaturatingMixer implements Mixer {
  readonly #sum: Int32Array;
  #sources = 0;

  constructor(samplesPerFrame: number) {
    this.#sum = new Int32Array(samplesPerFrame);
  }

  get samplesPerFrame(): number {
    return this.#sum.length;
  }

  get sources(): number {
    return this.#sources;
  }

  add(samples: Int16Array): void {
    const sum = this.#sum;
    const count = samples.length;
    if (count > sum.length) {
      throw new RangeError(`A frame of ${count} samples does not fit a mixer of ${sum.length}.`);
    }
    // The first source overwrites, so that a finished frame need not be cleared.
    if (this.#sources === 0) {
      for (let i = 0; i < count; i++) sum[i] = samples[i]!;
      sum.fill(0, count);
    } else {
      for (let i = 0; i < count; i++) sum[i]! += samples[i]!;
    }
    this.#sources += 1;
  }

  finish(into: Int16Array): void {
    const sum = this.#sum;
    const count = sum.length;
    if (into.length < count) {
      throw new RangeError(`\`into\` holds ${into.length} samples, but a frame has ${count}.`);
    }
    if (this.#sources === 0) {
      into.fill(0, 0, count);
      return;
    }
    for (let i = 0; i < count; i++) {
      const value = sum[i]!;
      into[i] = value > 32767 ? 32767 : value < -32768 ? -32768 : value;
    }
    this.#sources = 0;
  }

  clear(): void {
    this.#sources = 0;
  }
}
