import type { Clock, ClockTimer } from '@phone-agents/core';

/** Where there was time, it is looked again after this. */
const RECHECK_MS = 250;

/** Tells when nothing has come of an answer for too long. */
export class ReplyTimer {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #hasTime: () => boolean;
  readonly #onLate: () => void;
  #timer: ClockTimer | undefined;
  #sinceMs = 0;

  /** @param hasTime Whether it does not matter now. */
  constructor(clock: Clock, timeoutMs: number, hasTime: () => boolean, onLate: () => void) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#hasTime = hasTime;
    this.#onLate = onLate;
  }

  /** Begins to count, unless it does so already. */
  start(): void {
    if (!this.#timer) this.touch();
  }

  /** Something has come, and more is to come. */
  touch(): void {
    this.#sinceMs = this.#clock.now();
    if (!this.#timer) this.#set(this.#timeoutMs);
  }

  /** Nothing more is to come. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #set(delayMs: number): void {
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = undefined;
      const leftMs = this.#sinceMs + this.#timeoutMs - this.#clock.now();
      if (leftMs > 0) this.#set(leftMs);
      else if (this.#hasTime()) this.#set(RECHECK_MS);
      else this.#onLate();
    }, delayMs);
  }
}
