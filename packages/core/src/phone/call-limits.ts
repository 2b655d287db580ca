import type { Clock } from '../clock/clock.ts';

/** Limits on inbound calls; each that is absent does not apply. */
export interface CallLimits {
  /** Calls at once. */
  readonly maxConcurrentCalls?: number | undefined;
  /** Calls of one caller's number within an hour. Callers who hide their number share one count. */
  readonly maxCallsPerCallerPerHour?: number | undefined;
  /** Longest call, in ms from its answer. */
  readonly maxCallDurationMs?: number | undefined;
}

const HOUR_MS = 3_600_000;
/** Callers that are remembered; beyond it the one that called longest ago is forgotten. */
const MAX_CALLERS = 10_000;

/** Counts calls per caller over the last hour, in bounded memory. */
export class CallerRate {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #callers = new Map<string, number[]>();

  constructor(clock: Clock, limit: number) {
    this.#clock = clock;
    this.#limit = limit;
  }

  /** Counts one call of `caller`; false where that is one too many. */
  admit(caller: string): boolean {
    const now = this.#clock.now();
    const recent = (this.#callers.get(caller) ?? []).filter((at) => now - at < HOUR_MS);
    const admitted = recent.length < this.#limit;
    if (admitted) recent.push(now);
    this.#callers.delete(caller);
    this.#callers.set(caller, recent);
    if (this.#callers.size > MAX_CALLERS) {
      for (const oldest of this.#callers.keys()) {
        this.#callers.delete(oldest);
        break;
      }
    }
    return admitted;
  }
}
