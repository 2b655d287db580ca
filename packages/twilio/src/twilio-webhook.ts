import type { WebhookRequest } from '@phone-agents/core';
import { headerValue } from '@phone-agents/core';
import { TwilioWebhookFormatError } from './twilio-error.ts';
import type { TwilioParameters } from './twilio-signature.ts';

/**
 * One webhook of Twilio's: the fields that matter by name, and all of them in `fields`.
 *
 * Twilio adds fields and values without notice, so texts stay plain strings and nothing that is
 * unknown is lost. Numbers are personal data and `fields` also holds tokens: keep both out of logs.
 */
export interface TwilioWebhook {
  /** Everything that came; a name that came several times has all its values. */
  readonly fields: TwilioParameters;
  /** `CA…`: the call. */
  readonly callSid?: string | undefined;
  /** `AC…`: the account, which may be a subaccount. */
  readonly accountSid?: string | undefined;
  /** The caller: E.164, `client:…`, `sip:…`, or a word such as `anonymous`. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** `queued`, `initiated`, `ringing`, `in-progress`, `completed`, `busy`, `failed`, `no-answer`, `canceled`. */
  readonly callStatus?: string | undefined;
  /** `inbound`, `outbound-api` or `outbound-dial`. */
  readonly direction?: string | undefined;
  /** The caller's name, with caller name lookup only. */
  readonly callerName?: string | undefined;
  /** The number that the call was forwarded from, where the network says so. */
  readonly forwardedFrom?: string | undefined;
  /** How sure the caller's number is, by STIR/SHAKEN: `TN-Validation-Passed-A`. */
  readonly stirVerstat?: string | undefined;
  /** How the other leg of a forwarded call ended. */
  readonly dialCallStatus?: string | undefined;
  /** SIP code with which the call ended, as digits. */
  readonly sipResponseCode?: string | undefined;
  /** Twilio's error code, where the fallback address was asked. */
  readonly errorCode?: string | undefined;
  /** Seconds from answer to end, as digits, in the last status callback. */
  readonly callDuration?: string | undefined;
  /** Who has picked up, as machine detection says: `human`, `machine_start`, `machine_end_beep`, … */
  readonly answeredBy?: string | undefined;
  /** `RE…`: the recording that a recording's status callback is about. */
  readonly recordingSid?: string | undefined;
  readonly recordingUrl?: string | undefined;
  /** `in-progress`, `completed` or `absent`. */
  readonly recordingStatus?: string | undefined;
  /** Seconds, as digits. */
  readonly recordingDuration?: string | undefined;
  /** `MZ…`: the media stream that a stream's status callback is about. */
  readonly streamSid?: string | undefined;
  /** `stream-started`, `stream-stopped` or `stream-error`. */
  readonly streamEvent?: string | undefined;
  /** What went wrong with the stream, in free text. */
  readonly streamError?: string | undefined;
}

/** The parts of a request that its fields are read from. */
export type TwilioWebhookRequest = Pick<WebhookRequest, 'method' | 'query' | 'headers' | 'rawBody'>;

const FIELD_NAMES = {
  callSid: 'CallSid',
  accountSid: 'AccountSid',
  from: 'From',
  to: 'To',
  callStatus: 'CallStatus',
  direction: 'Direction',
  callerName: 'CallerName',
  forwardedFrom: 'ForwardedFrom',
  stirVerstat: 'StirVerstat',
  dialCallStatus: 'DialCallStatus',
  sipResponseCode: 'SipResponseCode',
  errorCode: 'ErrorCode',
  callDuration: 'CallDuration',
  answeredBy: 'AnsweredBy',
  recordingSid: 'RecordingSid',
  recordingUrl: 'RecordingUrl',
  recordingStatus: 'RecordingStatus',
  recordingDuration: 'RecordingDuration',
  streamSid: 'StreamSid',
  streamEvent: 'StreamEvent',
  streamError: 'StreamError',
} as const satisfies Record<Exclude<keyof TwilioWebhook, 'fields'>, string>;

/**
 * Reads a webhook: the form body of a POST, the query of a GET, or a JSON body. Verifies nothing:
 * that is for {@link verifyTwilioSignature}.
 *
 * @throws TwilioWebhookFormatError for a body of another kind, JSON that is no object, or a field
 *   that must come once and came several times.
 */
export function parseTwilioWebhook(request: TwilioWebhookRequest): TwilioWebhook {
  const fields = readFields(request);
  const webhook: Record<string, unknown> = { fields };
  for (const [property, name] of Object.entries(FIELD_NAMES)) {
    const value = fields[name];
    if (value === undefined || value === '') continue;
    if (typeof value !== 'string') {
      throw new TwilioWebhookFormatError(`The webhook's field ${name} came several times.`);
    }
    webhook[property] = value;
  }
  return webhook as unknown as TwilioWebhook;
}

/** The fields that the signature covers: those of a form body, none of any other request. */
export function signedParameters(request: TwilioWebhookRequest): TwilioParameters {
  return bodyKind(request) === 'form' ? collect(formPairs(request.rawBody)) : {};
}

function readFields(request: TwilioWebhookRequest): TwilioParameters {
  switch (bodyKind(request)) {
    case 'none':
      return collect(new URLSearchParams(request.query));
    case 'form':
      return collect(formPairs(request.rawBody));
    case 'json':
      return collect(jsonPairs(request.rawBody));
    case 'other':
      throw new TwilioWebhookFormatError(
        'The webhook has a body of an unknown kind: Twilio sends application/x-www-form-urlencoded or application/json.',
      );
  }
}

function bodyKind(request: TwilioWebhookRequest): 'none' | 'form' | 'json' | 'other' {
  if (request.rawBody.length === 0) return 'none';
  const type = headerValue(request.headers, 'content-type') ?? 'application/x-www-form-urlencoded';
  if (/^application\/x-www-form-urlencoded\b/i.test(type.trim())) return 'form';
  return /^application\/json\b/i.test(type.trim()) ? 'json' : 'other';
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

function formPairs(rawBody: Uint8Array): Iterable<readonly [string, string]> {
  // The ampersand keeps a leading question mark, which would be dropped as that of a query.
  return new URLSearchParams(`&${text(rawBody)}`);
}

function jsonPairs(rawBody: Uint8Array): [string, string][] {
  let body: unknown;
  try {
    body = JSON.parse(text(rawBody));
  } catch {
    // The parser's error would quote the body, numbers and all.
    throw new TwilioWebhookFormatError('The webhook says that its body is JSON, but it is not.');
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new TwilioWebhookFormatError("The webhook's JSON body is not an object.");
  }
  return Object.entries(body).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
}

// Without a prototype, so that a field may have any name.
function collect(pairs: Iterable<readonly [string, string]>): TwilioParameters {
  const fields = Object.create(null) as Record<string, string | string[]>;
  for (const [name, value] of pairs) {
    const before = fields[name];
    if (before === undefined) fields[name] = value;
    else if (typeof before === 'string') fields[name] = [before, value];
    else before.push(value);
  }
  return fields;
}
