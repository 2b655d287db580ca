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

/** What a person's phone on a live call sends as text; the voice goes as binary messages. */
export type LiveCallerMessage =
  { readonly type: 'digits'; readonly digits: string } | { readonly type: 'hang-up' };

/** What the server's side has to tell a person about their own call, besides what the carrier knows. */
export type CallNews =
  | {
      readonly type: 'transcript';
      readonly role: 'caller' | 'agent';
      /** What was said; of an agent that was interrupted, what was heard of it. */
      readonly text: string;
      /** How the caller said it. */
      readonly input?: 'speech' | 'digit' | 'text' | undefined;
      readonly interrupted: boolean;
      /** What an answer was drawn from, by name. */
      readonly sources?: readonly string[] | undefined;
    }
  /** The agent has used a tool. */
  | {
      readonly type: 'tool-call';
      readonly name: string;
      readonly failed: boolean;
      /** What it found, by name, where its result has a list of `sources`. */
      readonly sources: readonly string[];
    }
  /** How long an answer took. */
  | {
      readonly type: 'turn';
      /** Counts the caller's turns from 1. */
      readonly turn: number;
      /** From the end of the caller's words to the first sound of the answer. */
      readonly delayMs: number;
      /** What that consists of, in order. */
      readonly parts: readonly { readonly name: string; readonly ms: number }[];
    }
  | { readonly type: 'agent-state'; readonly state: 'listening' | 'thinking' | 'speaking' };

/** What a person's phone on a live call is told as text; what it hears comes as binary messages. */
export type LiveCallMessage =
  /** Comes first. Sound of both directions is 16-bit little-endian mono at this rate, in Hz. */
  | {
      readonly type: 'call';
      readonly from: string;
      readonly to: string;
      readonly sampleRate: number;
    }
  | Exclude<ControlMessage, { readonly type: 'recording' }>
  /** The call could not be placed. */
  | { readonly type: 'refused'; readonly message: string }
  | CallNews;

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

/** Reads what a person's phone sent as text; undefined where it is nothing that a phone sends. */
export function parseLiveCallerMessage(text: string): LiveCallerMessage | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { type, digits } = value as Record<string, unknown>;
  if (type === 'hang-up') return { type };
  if (type === 'digits' && typeof digits === 'string' && /^[\d*#]{1,32}$/.test(digits)) {
    return { type, digits };
  }
  return undefined;
}
