import type { Clock, ClockTimer } from '../clock/clock.ts';

/**
 * A clock whose timers fire late, as on a busy machine: each by what `latenessMs` says. It runs
 * without promises, so that an hour takes no time.
 */
export class LateClock implements Clock {
  latenessMs: () => number = () => 0;
  #nowMs = 0;
  readonly #timers = new Set<{ readonly fireMs: number; readonly callback: () => void }>();

  now(): number {
    return this.#nowMs;
  }

  wallTimeMs(): number {
    return this.#nowMs;
  }

  setTimeout(callback: () => void, delayMs: number): ClockTimer {
    const timer = { fireMs: this.#nowMs + delayMs + this.latenessMs(), callback };
    this.#timers.add(timer);
    return { cancel: () => this.#timers.delete(timer) };
  }

  get timerCount(): number {
    return this.#timers.size;
  }

  runUntil(untilMs: number): void {
    for (;;) {
      let next: { readonly fireMs: number; readonly callback: () => void } | undefined;
      for (const timer of this.#timers) if (!next || timer.fireMs < next.fireMs) next = timer;
      if (!next || next.fireMs > untilMs) break;
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.fireMs);
      next.callback();
    }
    this.#nowMs = untilMs;
  }
}
