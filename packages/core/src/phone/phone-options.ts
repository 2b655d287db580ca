import type { CallStore } from '../calls/call-store.ts';
import type { PhoneCall } from '../calls/phone-call.ts';
import type { Clock } from '../clock/clock.ts';
import type { EdgeTransport } from '../edge/edge.ts';
import type { Logger } from '../logging/logger.ts';
import { maskPhoneNumber } from '../logging/redact.ts';
import type { TelephonyProvider } from '../provider/telephony-provider.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { PhoneAnswer } from './call-decision.ts';
import type { CallLimits } from './call-limits.ts';
import { isE164 } from './dial-options.ts';
import type { OutboundLimits } from './outbound-limits.ts';
import { checkOutboundLimits } from './outbound-limits.ts';

/** What a phone is made of: who carries its calls, who answers, and within which limits. */
export interface PhoneOptions {
  /** Who carries the calls: `createTwilioProvider()`. */
  readonly provider: TelephonyProvider;
  /** Where the agents are; default: in this process. */
  readonly edge?: EdgeTransport | undefined;
  /** Who answers. */
  readonly answer: PhoneAnswer;
  /** Public address of this server: `https://agent.example.com`. */
  readonly publicUrl?: string | undefined;
  readonly limits?: CallLimits | undefined;
  /** Limits on calls that we place. */
  readonly outbound?: OutboundLimits | undefined;
  /** Numbers that calls may be transferred to, by name, in E.164: `{ sales: '+15005550040' }`. */
  readonly destinations?: Readonly<Record<string, string>> | undefined;
  /** How long the phone rings for an agent that is not ready yet, in ms; default 2,000, at most 8,000. */
  readonly ringUntilPreparedMs?: number | undefined;
  /** How long an agent may take to be ready, in ms; default 15,000. */
  readonly prepareTimeoutMs?: number | undefined;
  /** How long the provider may take to open the media stream, in ms; default 30,000. */
  readonly mediaTimeoutMs?: number | undefined;
  /** How long a lost media stream may take to come back, in ms; default 10,000. */
  readonly mediaReconnectTimeoutMs?: number | undefined;
  /**
   * How long the report of what became of an outbound call may be overdue, in ms, before the provider's
   * records are asked; default 10,000.
   */
  readonly statusGraceMs?: number | undefined;
  /** What the provider's voice tells a caller when something of ours failed. */
  readonly apology?: string | undefined;
  /**
   * Address that the provider is given for a call's media, made from `url`; for several processes
   * behind one name, so that the socket reaches the one that prepared the call.
   */
  readonly mediaUrl?: ((call: PhoneCall, url: string) => string) | undefined;
  /**
   * Name under which the others on the edge see the phone. Default: the number of who is on the phone,
   * masked but for its last two digits. The phone's id never holds the number.
   */
  readonly phoneName?: ((call: PhoneCall) => string) | undefined;
  readonly clock?: Clock | undefined;
  readonly logger?: Logger | undefined;
  readonly store?: CallStore | undefined;
  readonly telemetry?: Telemetry | undefined;
  /** Told of faults at run time that nobody awaits. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** {@link PhoneOptions} with its defaults, as the parts of a phone use them. */
export interface PhoneSettings {
  readonly provider: TelephonyProvider;
  readonly edge: EdgeTransport;
  readonly answer: PhoneAnswer;
  readonly limits: CallLimits;
  readonly outbound: OutboundLimits;
  readonly destinations: Readonly<Record<string, string>>;
  readonly ringUntilPreparedMs: number;
  readonly prepareTimeoutMs: number;
  readonly mediaTimeoutMs: number;
  readonly mediaReconnectTimeoutMs: number;
  readonly statusGraceMs: number;
  readonly apology: string;
  readonly mediaUrl: (call: PhoneCall, url: string) => string;
  readonly phoneName: (call: PhoneCall) => string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  readonly onError: (error: unknown) => void;
}

export const DEFAULT_APOLOGY =
  'We are sorry, something went wrong on our side. Please call again later.';
/** Longer, and the provider would give up waiting for the answer to its webhook. */
const MAX_RING_MS = 8_000;

function milliseconds(name: string, value: number | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  if (Number.isFinite(value) && value >= 0) return value;
  throw new RangeError(`\`${name}\` must be a number of milliseconds, not ${value}.`);
}

function checkLimits(limits: CallLimits): CallLimits {
  for (const [name, value] of Object.entries(limits) as [string, number | undefined][]) {
    if (value === undefined || (Number.isFinite(value) && value > 0)) continue;
    throw new RangeError(`\`limits.${name}\` must be a positive number, not ${value}.`);
  }
  return limits;
}

function maskedNumber({ direction, from, to }: PhoneCall): string {
  return maskPhoneNumber(direction === 'inbound' ? from : to);
}

function checkDestinations(
  destinations: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  for (const [name, number] of Object.entries(destinations)) {
    if (isE164(number)) continue;
    throw new RangeError(
      `\`destinations.${name}\` must be a number in E.164: +, then digits only.`,
    );
  }
  return { ...destinations };
}

/** @throws RangeError for a number that makes no sense. */
export function resolvePhoneSettings(
  options: PhoneOptions,
  parts: Pick<PhoneSettings, 'clock' | 'edge' | 'logger' | 'telemetry'>,
): PhoneSettings {
  const ringMs = milliseconds('ringUntilPreparedMs', options.ringUntilPreparedMs, 2_000);
  return {
    ...parts,
    provider: options.provider,
    answer: options.answer,
    limits: checkLimits(options.limits ?? {}),
    outbound: checkOutboundLimits(options.outbound ?? {}),
    destinations: checkDestinations(options.destinations ?? {}),
    ringUntilPreparedMs: Math.min(ringMs, MAX_RING_MS),
    prepareTimeoutMs: milliseconds('prepareTimeoutMs', options.prepareTimeoutMs, 15_000),
    mediaTimeoutMs: milliseconds('mediaTimeoutMs', options.mediaTimeoutMs, 30_000),
    mediaReconnectTimeoutMs: milliseconds(
      'mediaReconnectTimeoutMs',
      options.mediaReconnectTimeoutMs,
      10_000,
    ),
    statusGraceMs: milliseconds('statusGraceMs', options.statusGraceMs, 10_000),
    apology: options.apology ?? DEFAULT_APOLOGY,
    mediaUrl: options.mediaUrl ?? ((_call, url) => url),
    phoneName: options.phoneName ?? maskedNumber,
    onError: options.onError ?? (() => {}),
  };
}
