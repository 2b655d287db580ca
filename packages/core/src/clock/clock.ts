/** A timer that has been set. */
export interface ClockTimer {
  /** Stops it; nothing happens where it has fired already. Repeatable. */
  cancel(): void;
}

/**
 * Where time comes from. Everything in this project asks a clock and never `Date` or `setTimeout`
 * itself, so that tests run on a clock that they move by hand.
 */
export interface Clock {
  /** Monotonic time in milliseconds, with a fraction; only differences mean something. */
  now(): number;
  /** Wall-clock time in milliseconds since 1970, for records and signatures. */
  wallTimeMs(): number;
  /** Calls `callback` once after `delayMs`. */
  setTimeout(callback: () => void, delayMs: number): ClockTimer;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallTimeMs: () => Date.now(),
  setTimeout(callback, delayMs) {
    const timer = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};

/** Resolves after `delayMs`, or at once when `signal` is aborted. */
export function delay(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const timer = clock.setTimeout(finish, delayMs);
    signal?.addEventListener('abort', finish, { once: true });
  });
}
