import type { Clock, ClockTimer } from '../clock/clock.ts';

interface Entry {
  readonly dueMs: number;
  readonly callback: () => void;
}

/**
 * A {@link Clock} for tests: time stands still until it is moved by {@link ManualClock.advance}.
 *
 * ```ts
 * const clock = new ManualClock();
 * clock.setTimeout(() => hangUp(), 30_000);
 * await clock.advance(30_000);
 * ```
 */
export class ManualClock implements Clock {
  #nowMs = 0;
  readonly #startWallTimeMs: number;
  /** By due time; of equal ones the first that was set comes first. */
  readonly #timers: Entry[] = [];
  #advancing = false;

  /** @param startWallTimeMs Wall-clock time to begin with; default a Sunday in November 2026. */
  constructor(startWallTimeMs: number = Date.UTC(2026, 10, 22, 9, 41, 0)) {
    this.#startWallTimeMs = startWallTimeMs;
  }

  now(): number {
    return this.#nowMs;
  }

  wallTimeMs(): number {
    return this.#startWallTimeMs + this.#nowMs;
  }

  setTimeout(callback: () => void, delayMs: number): ClockTimer {
    const entry: Entry = { dueMs: this.#nowMs + Math.max(0, delayMs), callback };
    let low = 0;
    let high = this.#timers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#timers[middle]!.dueMs <= entry.dueMs) low = middle + 1;
      else high = middle;
    }
    this.#timers.splice(low, 0, entry);
    return {
      cancel: () => {
        const index = this.#timers.indexOf(entry);
        if (index >= 0) this.#timers.splice(index, 1);
      },
    };
  }

  /** Timers that are set and have not fired: 0 when everything was released. */
  get timerCount(): number {
    return this.#timers.length;
  }

  /**
   * Moves time forward by `durationMs` and runs the timers that become due, each at its own time and
   * in order, those that are set meanwhile included. Before the first, after each and at the end it
   * lets promises settle and gives sockets one turn of the event loop.
   *
   * @throws RangeError for a negative duration.
   * @throws Error while another `advance` is under way: await each.
   */
  async advance(durationMs: number): Promise<void> {
    if (!(durationMs >= 0))
      throw new RangeError('Time only moves forward: durationMs must be at least 0.');
    if (this.#advancing)
      throw new Error('The clock is being advanced already; await each advance().');
    this.#advancing = true;
    try {
      const untilMs = this.#nowMs + durationMs;
      await settle();
      for (;;) {
        const next = this.#timers[0];
        if (!next || next.dueMs > untilMs) break;
        this.#timers.shift();
        this.#nowMs = Math.max(this.#nowMs, next.dueMs);
        next.callback();
        await settle();
      }
      this.#nowMs = untilMs;
      await settle();
    } finally {
      this.#advancing = false;
    }
  }
}

/** One turn of the event loop: every promise that can settle has done so afterwards. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
