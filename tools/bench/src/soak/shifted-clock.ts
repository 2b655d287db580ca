import type { Clock } from '@phone-agents/core';
import { systemClock } from '@phone-agents/core';

/** The machine's clock, which can be put forward: what expires after minutes expires in a test. */
export class ShiftedClock implements Clock {
  #shiftMs = 0;

  now(): number {
    return systemClock.now() + this.#shiftMs;
  }

  wallTimeMs(): number {
    return systemClock.wallTimeMs() + this.#shiftMs;
  }

  setTimeout(callback: () => void, delayMs: number): ReturnType<Clock['setTimeout']> {
    return systemClock.setTimeout(callback, delayMs);
  }

  /** Only while nothing waits for a time that was reckoned before. */
  putForward(byMs: number): void {
    this.#shiftMs += byMs;
  }
}
