import type { FormFields } from './twilio-signature.ts';

export const API_VERSION = '2010-04-01';

/** States of a call at Twilio. */
export type TwilioCallStatus =
  | 'queued'
  | 'initiated'
  | 'ringing'
  | 'in-progress'
  | 'completed'
  | 'busy'
  | 'no-answer'
  | 'failed'
  | 'canceled';

/** What all requests about a call say of it. */
export interface CallFacts {
  readonly accountSid: string;
  readonly callSid: string;
  readonly status: TwilioCallStatus;
  readonly direction: 'inbound' | 'outbound-api';
  /** SIP code with which the call ended, where it is another one than usual. */
  readonly sipCode?: string | undefined;
  readonly from: string;
  readonly to: string;
}

/** Fields of every request about a call (Twilio docs, "TwiML Voice: Request Parameters"). */
export function callFields(call: CallFacts): FormFields {
  return [
    ['AccountSid', call.accountSid],
    ['ApiVersion', API_VERSION],
    ['CallSid', call.callSid],
    ['CallStatus', call.status],
    ['Direction', call.direction],
    ['From', call.from],
    ['To', call.to],
    ['Caller', call.from],
    ['Called', call.to],
  ];
}

const PLACES = [
  ['City', 'SPRINGFIELD'],
  ['State', 'IL'],
  ['Zip', '62701'],
  ['Country', 'US'],
] as const;

/**
 * Fields of the voice webhook: those above, places, and what the network attests of the caller.
 *
 * @param own What a test sends besides, or instead: `{ CallerName: 'ADA' }`.
 */
export function voiceFields(call: CallFacts, own: Readonly<Record<string, string>>): FormFields {
  const fields = new Map(callFields(call));
  for (const side of ['From', 'Caller', 'To', 'Called']) {
    for (const [name, value] of PLACES) fields.set(side + name, value);
  }
  fields.set('CallToken', encodeURIComponent(JSON.stringify({ parentCallInfoToken: 'invented' })));
  fields.set('StirVerstat', 'TN-Validation-Passed-A');
  fields.set('StirPassportToken', 'invented.passport.token');
  for (const [name, value] of Object.entries(own)) fields.set(name, value);
  return [...fields];
}

/** What a status callback says besides. */
export interface StatusFacts {
  readonly sequenceNumber: number;
  readonly wallTimeMs: number;
  /** Only at the end. */
  readonly durationSeconds?: number | undefined;
}

const SIP_CODES: Partial<Readonly<Record<TwilioCallStatus, string>>> = {
  completed: '200',
  busy: '486',
  'no-answer': '480',
  failed: '404',
  canceled: '487',
};

/** Fields of a status callback (Twilio docs, "StatusCallback Request Parameters"). */
export function statusFields(call: CallFacts, status: StatusFacts): FormFields {
  const seconds = status.durationSeconds;
  const sipCode = call.sipCode ?? SIP_CODES[call.status];
  return [
    ...callFields(call),
    ...(seconds === undefined ? [] : ([['CallDuration', String(seconds)]] as const)),
    ...(seconds === undefined || call.status !== 'completed'
      ? []
      : ([['Duration', String(Math.ceil(seconds / 60))]] as const)),
    ...(sipCode === undefined ? [] : ([['SipResponseCode', sipCode]] as const)),
    ['Timestamp', new Date(status.wallTimeMs).toUTCString().replace('GMT', '+0000')],
    ['CallbackSource', 'call-progress-events'],
    ['SequenceNumber', String(status.sequenceNumber)],
  ];
}
