/** A stretch of media time, in ms. */
export interface Stretch {
  readonly startMs: number;
  readonly endMs: number;
}

/** Words of so many turns are waited for; some never come. */
const MAX_UNWRITTEN = 8;

/** What the caller says, as the model hears it and as a detector of our own does. */
export class CallerTurns {
  /** Turns whose words are still to come. */
  readonly #unwritten = new Map<string, Stretch>();
  /** The last turn whose words were waited for. */
  #last: string | undefined;
  #startMs: number | undefined;
  #lastEndMs = Number.NEGATIVE_INFINITY;
  /** The caller's speech so far, as our own detector hears it. */
  #speech: Stretch | undefined;

  /** Where the turn that goes on began, as the model hears it. */
  get startMs(): number | undefined {
    return this.#startMs;
  }

  /** Whether the model, in whose turn it is, and our own detector hear the same speech. */
  get isAgreed(): boolean {
    const startMs = this.#startMs;
    return startMs !== undefined && this.#speech !== undefined && this.#speech.endMs >= startMs;
  }

  /** How long the last speech was of which our detector has heard the end, and the model nothing at all. */
  get unheardMs(): number {
    const speech = this.#speech;
    if (!speech || this.#startMs !== undefined || this.#lastEndMs >= speech.startMs) return 0;
    return speech.endMs - speech.startMs;
  }

  /** The model hears the caller begin. */
  begin(startMs: number): void {
    this.#startMs = startMs;
  }

  /** Our own detector hears the caller from `startMs` up to `endMs`. */
  heard(startMs: number, endMs: number): void {
    this.#speech = { startMs, endMs };
  }

  /**
   * The model holds the turn for ended at `endMs`, silence that it waited for included where it counts
   * so; our own detector knows better where the speech ended.
   */
  end(endMs: number): Stretch & { readonly speechEndMs: number } {
    const startMs = this.#startMs ?? endMs;
    this.#startMs = undefined;
    this.#lastEndMs = endMs;
    const heardUntilMs = this.#speech?.endMs ?? endMs;
    const isWithin = heardUntilMs > startMs && heardUntilMs < endMs;
    return { startMs, endMs, speechEndMs: isWithin ? heardUntilMs : endMs };
  }

  /**
   * The model is gone: the turn that goes on will not end, and no words come any more.
   *
   * @returns whether what the caller said last is not known.
   */
  forget(): boolean {
    this.#startMs = undefined;
    const isUnknown = this.#last !== undefined && this.#unwritten.has(this.#last);
    this.#unwritten.clear();
    return isUnknown;
  }

  /** The words of a turn will come. */
  awaitWords(itemId: string, turn: Stretch): void {
    this.#unwritten.set(itemId, turn);
    this.#last = itemId;
    for (const oldest of this.#unwritten.keys()) {
      if (this.#unwritten.size <= MAX_UNWRITTEN) break;
      this.#unwritten.delete(oldest);
    }
  }

  /** The words of a turn are there; undefined where nobody waits for them. */
  takeUnwritten(itemId: string): Stretch | undefined {
    const turn = this.#unwritten.get(itemId);
    this.#unwritten.delete(itemId);
    return turn;
  }
}
