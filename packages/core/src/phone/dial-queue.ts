import type { Clock } from '../clock/clock.ts';
import { delay } from '../clock/clock.ts';

/** Spaces calls out to the rate at which the provider places them. */
export class DialQueue {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  #nextMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, callsPerSecond: number) {
    this.#clock = clock;
    this.#intervalMs = 1000 / callsPerSecond;
  }

  /** Resolves when it is this call's turn, or at once when `signal` is aborted. */
  async turn(signal: AbortSignal): Promise<void> {
    const now = this.#clock.now();
    const at = Math.max(now, this.#nextMs);
    this.#nextMs = at + this.#intervalMs;
    if (at > now) await delay(this.#clock, at - now, signal);
  }
}
