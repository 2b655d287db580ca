/** Keeps the sound of the sentences that were used last, up to a number of samples in all. */
export class SampleCache {
  readonly #limitSamples: number;
  readonly #entries = new Map<string, Int16Array>();
  #heldSamples = 0;

  constructor(limitSamples: number) {
    this.#limitSamples = limitSamples;
  }

  /** Samples held now. */
  get heldSamples(): number {
    return this.#heldSamples;
  }

  get(key: string): Int16Array | undefined {
    const samples = this.#entries.get(key);
    if (samples === undefined) return undefined;
    // A map keeps the order of insertion: what was used last stands last.
    this.#entries.delete(key);
    this.#entries.set(key, samples);
    return samples;
  }

  /** Something longer than the whole limit is not kept. */
  set(key: string, samples: Int16Array): void {
    const old = this.#entries.get(key);
    if (old !== undefined) this.#drop(key, old);
    if (samples.length > this.#limitSamples) return;
    this.#entries.set(key, samples);
    this.#heldSamples += samples.length;
    for (const [oldest, held] of this.#entries) {
      if (this.#heldSamples <= this.#limitSamples) break;
      this.#drop(oldest, held);
    }
  }

  clear(): void {
    this.#entries.clear();
    this.#heldSamples = 0;
  }

  #drop(key: string, samples: Int16Array): void {
    this.#entries.delete(key);
    this.#heldSamples -= samples.length;
  }
}
