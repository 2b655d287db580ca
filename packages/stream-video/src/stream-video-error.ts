import { PhoneAgentError } from '@phone-agents/core';

/**
 * What can go wrong between us and Stream:
 * - `stream_unauthorized`: the key or the secret is wrong;
 * - `stream_token_expired`: the token holds no more, or not yet;
 * - `stream_permission_denied`: the user may not do that in this type of call;
 * - `stream_call_full`: the call, or all media servers, take nobody more;
 * - `stream_rate_limited`: too many requests;
 * - `stream_unreachable`: no answer from Stream;
 * - `stream_connection_lost`: the connection to the media server was lost and not restored;
 * - `stream_request_failed`: anything else that Stream refused.
 */
export type StreamVideoErrorCode =
  | 'stream_unauthorized'
  | 'stream_token_expired'
  | 'stream_permission_denied'
  | 'stream_call_full'
  | 'stream_rate_limited'
  | 'stream_unreachable'
  | 'stream_connection_lost'
  | 'stream_request_failed';

const MESSAGES: Readonly<Record<StreamVideoErrorCode, string>> = {
  stream_unauthorized:
    'Stream does not accept the key or its secret: copy STREAM_API_KEY and STREAM_API_SECRET of the same app from the Stream dashboard.',
  stream_token_expired:
    'Stream takes the token for expired, or for not valid yet: set the clock of this machine right, and do not make tokens of less than some minutes (tokenValidityMs).',
  stream_permission_denied:
    'The user may not do that in this type of call: allow joining and sending audio for its role in the Stream dashboard (Call types, Roles & permissions).',
  stream_call_full:
    'The call takes nobody more: raise the limit of participants in the settings of its call type, or let somebody leave.',
  stream_rate_limited:
    'Stream refuses further requests for now: spread the calls, or ask Stream for a higher rate limit.',
  stream_unreachable:
    'Stream does not answer: check the network of this machine, its firewall (HTTPS and WebSocket to *.stream-io-api.com and *.stream-io-video.com, UDP to anywhere), and STREAM_BASE_URL if it is set.',
  stream_connection_lost:
    'The connection to the media server was lost and could not be restored: check the network of this machine, and whether UDP passes the firewall.',
  stream_request_failed: 'Stream refused the request: see the cause.',
};

/** Stream did not do what was asked; `code` is one of {@link StreamVideoErrorCode}. */
export class StreamVideoError extends PhoneAgentError {
  declare readonly code: StreamVideoErrorCode;

  constructor(code: StreamVideoErrorCode, cause?: unknown) {
    super(code, MESSAGES[code], { cause });
  }
}

// Stream's own error codes: https://getstream.io/video/docs/api/errors/
const CODES: Readonly<Record<number, StreamVideoErrorCode>> = {
  2: 'stream_unauthorized',
  5: 'stream_unauthorized',
  9: 'stream_rate_limited',
  17: 'stream_permission_denied',
  40: 'stream_token_expired',
  41: 'stream_token_expired',
  42: 'stream_token_expired',
  43: 'stream_unauthorized',
};

const STATUSES: Readonly<Record<number, StreamVideoErrorCode>> = {
  401: 'stream_unauthorized',
  403: 'stream_permission_denied',
  429: 'stream_rate_limited',
};

// Media servers' error codes: enum ErrorCode in Stream's protobuf definitions.
const MEDIA_CODES: Readonly<Record<number, StreamVideoErrorCode>> = {
  301: 'stream_call_full',
  401: 'stream_unauthorized',
  403: 'stream_permission_denied',
  429: 'stream_rate_limited',
  700: 'stream_call_full',
};
const CALL_HAS_ENDED = new Set([104, 300]);

interface Facts {
  readonly apiCode?: number | undefined;
  readonly status?: number | undefined;
  readonly mediaCode?: number | undefined;
  readonly message: string;
  readonly hasAnswer: boolean;
}

/** Our error for whatever Stream's SDKs threw. */
export function toStreamVideoError(error: unknown): PhoneAgentError {
  if (PhoneAgentError.isInstance(error)) return error;
  const facts = factsOf(error);
  const cause = bareError(error);
  if (
    (facts.mediaCode !== undefined && CALL_HAS_ENDED.has(facts.mediaCode)) ||
    /call (?:has |was )?(?:already )?ended/i.test(facts.message)
  ) {
    return new PhoneAgentError('edge_call_ended', 'The call on the edge has ended.', { cause });
  }
  const code =
    (facts.mediaCode === undefined ? undefined : MEDIA_CODES[facts.mediaCode]) ??
    (facts.apiCode === undefined ? undefined : CODES[facts.apiCode]) ??
    (facts.status === undefined ? undefined : STATUSES[facts.status]) ??
    (/^no permission/i.test(facts.message) ? 'stream_permission_denied' : undefined) ??
    (/participant limit|call is full|max(?:imum)? participants/i.test(facts.message)
      ? 'stream_call_full'
      : facts.hasAnswer
        ? 'stream_request_failed'
        : 'stream_unreachable');
  return new StreamVideoError(code, cause);
}

/** What the SDKs throw holds the whole request, tokens included: what it says is kept, and no more. */
export function bareError(error: unknown): Error {
  const { apiCode, mediaCode, status, message } = factsOf(error);
  const bare = new Error(message);
  if (error instanceof Error) bare.name = error.name;
  return Object.assign(bare, { code: mediaCode ?? apiCode, status });
}

function factsOf(error: unknown): Facts {
  if (typeof error !== 'object' || error === null) {
    return { message: String(error), hasAnswer: false };
  }
  const message = error instanceof Error || 'message' in error ? String(error.message) : '';
  const fields = { ...asFields(error), ...parsedMessage(message) };
  const event = asFields(fields['errorEvent']);
  const mediaCode = asNumber(asFields(event['error'])['code']);
  const status =
    asNumber(fields['status']) ??
    asNumber(fields['StatusCode']) ??
    asNumber(asFields(fields['metadata'])['responseCode']);
  const apiCode = asNumber(fields['code']);
  return {
    apiCode,
    status,
    mediaCode,
    message,
    hasAnswer:
      mediaCode !== undefined || status !== undefined || (apiCode !== undefined && apiCode > 0),
  };
}

/** The SDK puts what a WebSocket was refused with into the message, as JSON. */
function parsedMessage(message: string): Readonly<Record<string, unknown>> {
  if (!message.startsWith('{')) return {};
  try {
    const parsed = asFields(JSON.parse(message));
    return parsed['isWSFailure'] === true ? { code: undefined } : parsed;
  } catch {
    return {};
  }
}

function asFields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function asNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number !== 0 ? number : undefined;
}
