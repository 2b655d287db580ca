import type { CarrierCallProgress } from '../carrier-call.ts';

/** Tells that a simulated carrier is here, and which. */
export const STATION_PATH = '/simulator';
/** Places a call. */
export const CALLS_PATH = '/simulator/calls';

/** What a caller does, apart from the sound. */
export interface CallerBehaviour {
  /** Keys to press after the audio. */
  readonly digits?: string | undefined;
  /** When to hang up, counted from the moment at which audio flows; default: when both have fallen silent. */
  readonly hangUpAfterMs?: number | undefined;
}

/** A call to place, as it is sent to a running carrier. */
export interface CallOrder extends CallerBehaviour {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** A WAV file in base64. */
  readonly audio?: string | undefined;
  /** Send the recording when the call is over. */
  readonly record: boolean;
}

/** The figures of a call that is over. */
export interface CallSummary {
  /** How much of the server's audio was played. */
  readonly playedMs: number;
  /** How long the call was, from the answer on; 0 where it was not answered. */
  readonly durationMs: number;
}

/** One line of the answer. */
export type ControlMessage =
  | { readonly type: 'progress'; readonly progress: CarrierCallProgress }
  /** After the end. */
  | ({ readonly type: 'summary' } & CallSummary)
  /** A stereo WAV file in base64. */
  | { readonly type: 'recording'; readonly wav: string };

const PHONE_NUMBER = /^[+\w@.:-]{1,100}$/;

/**
 * Reads a call order.
 *
 * @throws TypeError where something in it is not what it should be.
 */
export function parseCallOrder(text: string): CallOrder {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new TypeError('The body is not JSON.');
  }
  if (typeof value !== 'object' || value === null)
    throw new TypeError('The body is not an object.');
  const order = value as Record<string, unknown>;
  const hangUpAfterMs = order['hangUpAfterMs'];
  if (hangUpAfterMs !== undefined && !(typeof hangUpAfterMs === 'number' && hangUpAfterMs >= 0)) {
    throw new TypeError('"hangUpAfterMs" must be a number of milliseconds.');
  }
  return {
    from: textField(order, 'from', PHONE_NUMBER),
    to: textField(order, 'to', PHONE_NUMBER),
    digits: textField(order, 'digits', /^[\d*#]*$/),
    audio: textField(order, 'audio', /^[A-Za-z\d+/]*={0,2}$/),
    hangUpAfterMs,
    record: order['record'] === true,
  };
}

function textField(
  order: Readonly<Record<string, unknown>>,
  name: string,
  pattern: RegExp,
): string | undefined {
  const value = order[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || !pattern.test(value)) {
    throw new TypeError(`"${name}" is not what it should be.`);
  }
  return value;
}
