/**
 * Waiting sound of one source: samples go in at one end in pieces of any size and come out at the other
 * in pieces of any size. When it is full the oldest samples make room, for in a live call late sound is
 * worth less than new sound. Nothing is allocated after construction.
 */
export class SampleQueue {
  readonly #ring: Int16Array;
  #start = 0;
  #length = 0;
  #droppedSamples = 0;

  /**
   * @param capacitySamples The most that may wait: 16,000 is one second at 16 kHz.
   * @throws RangeError if it is not a positive whole number.
   */
  constructor(capacitySamples: number) {
    if (!Number.isInteger(capacitySamples) || capacitySamples <= 0) {
      throw new RangeError(
        `\`capacitySamples\` must be a positive whole number, not ${capacitySamples}.`,
      );
    }
    this.#ring = new Int16Array(capacitySamples);
  }

  /** Samples that wait. */
  get length(): number {
    return this.#length;
  }

  /** The most samples that may wait. */
  get capacitySamples(): number {
    return this.#ring.length;
  }

  /** Samples dropped since construction because the queue was full. Cleared ones do not count. */
  get droppedSamples(): number {
    return this.#droppedSamples;
  }

  /** Copies `samples` to the end, and returns how many old samples were dropped to make room. */
  push(samples: Int16Array): number {
    const ring = this.#ring;
    const capacity = ring.length;
    // Of a piece longer than the queue only the end can stay.
    const skipped = Math.max(0, samples.length - capacity);
    const added = samples.length - skipped;
    const displaced = Math.max(0, this.#length + added - capacity);
    this.#discard(displaced);
    let at = this.#start + this.#length;
    if (at >= capacity) at -= capacity;
    for (let i = skipped; i < samples.length; i++) {
      ring[at] = samples[i]!;
      if (++at === capacity) at = 0;
    }
    this.#length += added;
    this.#droppedSamples += displaced + skipped;
    return displaced + skipped;
  }

  /**
   * Moves the oldest samples to the start of `into`, as many as it holds and as there are, and returns
   * how many. The rest of `into` is left as it was.
   */
  pull(into: Int16Array): number {
    const ring = this.#ring;
    const capacity = ring.length;
    const count = Math.min(into.length, this.#length);
    let at = this.#start;
    for (let i = 0; i < count; i++) {
      into[i] = ring[at]!;
      if (++at === capacity) at = 0;
    }
    this.#discard(count);
    return count;
  }

  /** Throws away all that waits. */
  clear(): void {
    this.#start = 0;
    this.#length = 0;
  }

  #discard(count: number): void {
    this.#start += count;
    if (this.#start >= this.#ring.length) this.#start -= this.#ring.length;
    this.#length -= count;
  }
}
