import { DialRefusedError } from '../errors.ts';
import type { EdgeParticipant } from '../edge/edge.ts';
import type { MediaHandler } from './call-decision.ts';

/**
 * What to do when an answering machine takes a call: hang up; leave a message after its greeting and
 * hang up; or go on as if a person had answered.
 */
export type OnMachine = 'hang-up' | 'leave-message' | 'continue';

/** A call to make. */
export interface DialOptions {
  /** Number to call, in E.164: `+15005550010`. */
  readonly to: string;
  /** Number to call from, in E.164; default the provider's own. */
  readonly from?: string | undefined;
  /** Who talks; default the phone's `answer`, where that is no function. */
  readonly agent?: EdgeParticipant | MediaHandler | undefined;
  /** How long it rings, in ms; default 30,000, at most 120,000. */
  readonly timeoutMs?: number | undefined;
  /** Longest call, in ms from its answer; default, and at most, the limit for outbound calls. */
  readonly maxDurationMs?: number | undefined;
  /** What to do when an answering machine answers; default: nobody looks whether one does. */
  readonly onMachine?: OnMachine | undefined;
  /** What is said to a machine after its greeting; needed for `leave-message`. */
  readonly message?: string | undefined;
  /** Whether the provider records the call; default false. */
  readonly recording?: boolean | undefined;
}

const E164 = /^\+[1-9]\d{6,14}$/;
const MAX_RING_MS = 120_000;

export function isE164(number: string): boolean {
  return E164.test(number);
}

/** @throws DialRefusedError (`number`) for what is no number, RangeError for times that make no sense. */
export function checkDialOptions(options: DialOptions): void {
  for (const name of ['to', 'from'] as const) {
    const number = options[name];
    if (number === undefined || isE164(number)) continue;
    throw new DialRefusedError(
      'number',
      `\`${name}\` is not a number in E.164; write it as +, country code and the rest, digits only.`,
    );
  }
  const { timeoutMs, maxDurationMs, message, onMachine } = options;
  if (timeoutMs !== undefined && !(timeoutMs > 0 && timeoutMs <= MAX_RING_MS)) {
    throw new RangeError(`\`timeoutMs\` must be above 0 and at most ${MAX_RING_MS}.`);
  }
  if (maxDurationMs !== undefined && !(maxDurationMs > 0)) {
    throw new RangeError('`maxDurationMs` must be above 0.');
  }
  if (onMachine === 'leave-message' && (message === undefined || message.trim() === '')) {
    throw new RangeError('`message` must say what to leave on the machine.');
  }
}
