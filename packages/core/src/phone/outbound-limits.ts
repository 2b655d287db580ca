import type { Clock } from '../clock/clock.ts';
import { DialRefusedError } from '../errors.ts';
import { CallerRate } from './call-limits.ts';

/** Limits that protect the bill; each that is absent does not apply. Transfers count as calls. */
export interface OutboundLimits {
  /** Beginnings of numbers that may be called: `['+1', '+4420']`. */
  readonly allowedPrefixes?: readonly string[] | undefined;
  /** Refuses a number by any other rule: returns why, in words that hold no number, or undefined. */
  readonly refuses?: ((to: string) => string | undefined) | undefined;
  /** Calls to one number within an hour. */
  readonly maxCallsPerNumberPerHour?: number | undefined;
  /** Calls at once, inbound ones included. */
  readonly maxConcurrentCalls?: number | undefined;
  /** Longest call, in ms from its answer; a longer `maxDurationMs` of a call is cut to it. */
  readonly maxCallDurationMs?: number | undefined;
  /** A switch that stops all calling: asked before each call, and once more when its turn comes. */
  readonly isStopped?: (() => boolean) | undefined;
}

const PREFIX = /^\+[1-9]\d{0,14}$/;

/** @throws RangeError for a limit that makes no sense. */
export function checkOutboundLimits(limits: OutboundLimits): OutboundLimits {
  for (const name of [
    'maxCallsPerNumberPerHour',
    'maxConcurrentCalls',
    'maxCallDurationMs',
  ] as const) {
    const value = limits[name];
    if (value === undefined || (Number.isFinite(value) && value > 0)) continue;
    throw new RangeError(`\`outbound.${name}\` must be a positive number, not ${value}.`);
  }
  for (const prefix of limits.allowedPrefixes ?? []) {
    if (PREFIX.test(prefix)) continue;
    throw new RangeError('`outbound.allowedPrefixes` must be like +1 or +4420: a plus and digits.');
  }
  return limits;
}

/** Says whether a call may be placed. */
export class OutboundGuard {
  readonly #limits: OutboundLimits;
  readonly #perNumber: CallerRate | undefined;

  constructor(limits: OutboundLimits, clock: Clock) {
    this.#limits = limits;
    const perHour = limits.maxCallsPerNumberPerHour;
    if (perHour !== undefined) this.#perNumber = new CallerRate(clock, perHour);
  }

  /** @throws DialRefusedError that names the rule. Counts the call where it is allowed. */
  admit(to: string, activeCalls: number): void {
    const { allowedPrefixes, isStopped, maxConcurrentCalls, refuses } = this.#limits;
    if (isStopped?.() === true) {
      throw new DialRefusedError('stopped', 'Calling out is switched off.');
    }
    if (allowedPrefixes && !allowedPrefixes.some((prefix) => to.startsWith(prefix))) {
      throw new DialRefusedError('destination', 'Numbers with this prefix may not be called.');
    }
    const why = refuses?.(to);
    if (why !== undefined) throw new DialRefusedError('destination', why);
    if (maxConcurrentCalls !== undefined && activeCalls >= maxConcurrentCalls) {
      throw new DialRefusedError('concurrent-calls', 'There are as many calls as there may be.');
    }
    if (this.#perNumber?.admit(to) === false) {
      throw new DialRefusedError('calls-per-number', 'This number was called often enough lately.');
    }
  }
}
