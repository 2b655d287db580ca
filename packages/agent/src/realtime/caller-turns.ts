/** A turn of the caller's, as the model hears it. Times are media time in ms. */
export interface CallerTurn {
  readonly startMs: number;
  /** It has interrupted the agent. */
  isAccepted: boolean;
}

/** A stretch of media time, in ms. */
export interface Stretch {
  readonly startMs: number;
  readonly endMs: number;
}

/** What the caller says, as the model hears it and as a detector of our own does. */
export class CallerTurns {
  /** Turns whose words are still to come. */
  readonly #unwritten = new Map<string, Stretch>();
  #current: CallerTurn | undefined;
  /** The caller's speech so far, as our own detector hears it. */
  #speech: Stretch | undefined;

  /** The turn that goes on. */
  get current(): CallerTurn | undefined {
    return this.#current;
  }

  /** The model hears the caller begin. */
  begin(startMs: number): void {
    this.#current = { startMs, isAccepted: false };
  }

  /** Our own detector hears the caller from `startMs` up to `endMs`. */
  heard(startMs: number, endMs: number): void {
    this.#speech = { startMs, endMs };
  }

  /** The model holds the turn for ended. */
  end(endMs: number): CallerTurn {
    const turn = this.#current ?? { startMs: endMs, isAccepted: false };
    this.#current = undefined;
    return turn;
  }

  /** The turn that goes on will not end: the model is gone. */
  forget(): void {
    this.#current = undefined;
  }

  /** The words of a turn will come. */
  awaitWords(itemId: string, turn: Stretch): void {
    this.#unwritten.set(itemId, turn);
  }

  /** The words of a turn are there; undefined where nobody waits for them. */
  takeUnwritten(itemId: string): Stretch | undefined {
    const turn = this.#unwritten.get(itemId);
    this.#unwritten.delete(itemId);
    return turn;
  }

  /**
   * The speech with which the turn that goes on interrupts the agent, who is active since
   * `activeSinceMs`; undefined where it does not.
   *
   * @param minMs How much speech that takes, as our detector hears it; undefined believes the model.
   */
  interruption(
    activeSinceMs: number,
    minMs: number | undefined,
    nowMs: number,
  ): Stretch | undefined {
    const turn = this.#current;
    if (!turn || turn.isAccepted) return undefined;
    if (minMs === undefined) {
      return { startMs: Math.max(turn.startMs, activeSinceMs), endMs: nowMs };
    }
    const speech = this.#speech;
    // Model and detector must hear the same speech.
    if (!speech || speech.endMs < turn.startMs) return undefined;
    // What was said before the agent began was not said against it.
    const startMs = Math.max(speech.startMs, activeSinceMs);
    return speech.endMs - startMs >= minMs ? { startMs, endMs: speech.endMs } : undefined;
  }
}
