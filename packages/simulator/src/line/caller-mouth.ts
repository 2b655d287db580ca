interface Utterance {
  readonly samples: Int16Array;
  offset: number;
  readonly said: () => void;
}

/** What the caller is about to say, in order. */
export class CallerMouth {
  readonly #utterances: Utterance[] = [];
  #closed = false;

  /** True while there is something to say. */
  get speaking(): boolean {
    return this.#utterances.length > 0;
  }

  /** Says `samples` after all that is being said already. Resolves when said, or when the call is over. */
  speak(samples: Int16Array): Promise<void> {
    if (samples.length === 0 || this.#closed) return Promise.resolve();
    return new Promise((said) =>
      this.#utterances.push({ samples: samples.slice(), offset: 0, said }),
    );
  }

  /** Moves the next sound into the start of `into` and returns how much; the rest is made silent. */
  pull(into: Int16Array): number {
    let filled = 0;
    while (filled < into.length) {
      const utterance = this.#utterances[0];
      if (!utterance) break;
      const end = Math.min(utterance.offset + into.length - filled, utterance.samples.length);
      into.set(utterance.samples.subarray(utterance.offset, end), filled);
      filled += end - utterance.offset;
      utterance.offset = end;
      if (end === utterance.samples.length) {
        this.#utterances.shift();
        utterance.said();
      }
    }
    if (filled > 0) into.fill(0, filled);
    return filled;
  }

  /** The call is over: nothing more is said. */
  close(): void {
    this.#closed = true;
    for (const utterance of this.#utterances.splice(0)) utterance.said();
  }
}
