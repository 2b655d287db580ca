import type { Clock, ClockTimer } from '@phone-agents/core';

/** Calls `onSilent` when nothing has touched it for `timeoutMs`, again and again until that gives true. */
export class Watchdog {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #onSilent: () => boolean;
  #touchedAtMs: number;
  #timer: ClockTimer | undefined;

  constructor(clock: Clock, timeoutMs: number, signal: AbortSignal, onSilent: () => boolean) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#onSilent = onSilent;
    this.#touchedAtMs = clock.now();
    signal.addEventListener('abort', () => this.stop(), { once: true });
    this.#set(timeoutMs);
  }

  touch(): void {
    this.#touchedAtMs = this.#clock.now();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #set(delayMs: number): void {
    this.#timer = this.#clock.setTimeout(() => {
      const leftMs = this.#touchedAtMs + this.#timeoutMs - this.#clock.now();
      if (leftMs > 0) this.#set(leftMs);
      else if (this.#onSilent()) this.stop();
      else {
        this.touch();
        this.#set(this.#timeoutMs);
      }
    }, delayMs);
  }
}
