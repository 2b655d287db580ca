import type { Clock, ClockTimer } from '@phone-agents/core';

/** Tells when nothing has come of an answer for too long. */
export class ReplyTimer {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #hasTime: () => boolean;
  readonly #onLate: () => void;
  #timer: ClockTimer | undefined;

  /** @param hasTime Whether it does not matter now: then the time begins anew. */
  constructor(clock: Clock, timeoutMs: number, hasTime: () => boolean, onLate: () => void) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#hasTime = hasTime;
    this.#onLate = onLate;
  }

  /** Begins to count, unless it does so already. */
  start(): void {
    this.#timer ??= this.#clock.setTimeout(() => {
      this.#timer = undefined;
      if (this.#hasTime()) this.start();
      else this.#onLate();
    }, this.#timeoutMs);
  }

  /** Something has come. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
