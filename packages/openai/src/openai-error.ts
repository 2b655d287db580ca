import type { PhoneAgentErrorOptions } from '@phone-agents/core';
import { PhoneAgentError } from '@phone-agents/core';

/** What an {@link OpenAIRealtimeError} is about. */
export type OpenAIRealtimeErrorCode =
  /** The key is wrong, expired or may not do this. */
  | 'openai_unauthorized'
  /** The account has no credit left, or has reached its spending limit. */
  | 'openai_quota_exceeded'
  /** More at once than the account's limits allow. */
  | 'openai_rate_limited'
  /** OpenAI does not accept what was asked for: model, voice, another setting. */
  | 'openai_request_rejected'
  /** No connection came about: network, proxy, a wrong `baseUrl`. */
  | 'openai_unreachable'
  /** OpenAI has a fault of its own. */
  | 'openai_unavailable'
  /** A session has reached its longest duration. */
  | 'openai_session_expired'
  /** The connection broke off. */
  | 'openai_connection_lost';

/** What an {@link OpenAIRealtimeError} holds besides its code and message. */
export interface OpenAIRealtimeErrorOptions extends PhoneAgentErrorOptions {
  /** HTTP status of the refused handshake, or close code of the socket. */
  readonly status?: number | undefined;
  /** OpenAI's own code, such as `insufficient_quota`. */
  readonly reason?: string | undefined;
}

/** OpenAI could not do what was asked of it; `code` says why, `message` what to do. */
export class OpenAIRealtimeError extends PhoneAgentError {
  declare readonly code: OpenAIRealtimeErrorCode;
  /** HTTP status of the refused handshake, or close code of the socket; absent where there was none. */
  readonly status: number | undefined;
  /** OpenAI's own code, such as `insufficient_quota`; absent where it gave none. */
  readonly reason: string | undefined;

  constructor(
    code: OpenAIRealtimeErrorCode,
    message: string,
    options: OpenAIRealtimeErrorOptions = {},
  ) {
    super(code, message, options);
    this.status = options.status;
    this.reason = options.reason;
  }

  /** Whether a new connection may do better. */
  get isRetryable(): boolean {
    return RETRYABLE.has(this.code);
  }
}

const RETRYABLE: ReadonlySet<OpenAIRealtimeErrorCode> = new Set<OpenAIRealtimeErrorCode>([
  'openai_rate_limited',
  'openai_unreachable',
  'openai_unavailable',
  'openai_session_expired',
  'openai_connection_lost',
]);

const ADVICE: Readonly<Record<OpenAIRealtimeErrorCode, string>> = {
  openai_unauthorized:
    'OpenAI refused the API key: put a key that may use the Realtime API into OPENAI_API_KEY.',
  openai_quota_exceeded:
    'The OpenAI account has no credit left: add credit or raise its limit in the billing settings.',
  openai_rate_limited:
    'OpenAI limits this account: lower maxConcurrentCalls or ask for higher limits.',
  openai_request_rejected:
    'OpenAI does not accept the request: check model, voice, tools and baseUrl.',
  openai_unreachable: 'OpenAI cannot be reached: check the network, the proxy and baseUrl.',
  openai_unavailable: 'OpenAI has a fault: see status.openai.com.',
  openai_session_expired: 'The OpenAI session has reached its longest duration.',
  openai_connection_lost: 'The connection to OpenAI broke off.',
};

/** OpenAI's answers are cut to this length in messages. */
const MAX_DETAIL = 200;
/** OpenAI quotes the key that it refuses. */
const KEY = /\b(?:sk|ek)[-_][\w*-]+/g;

/** What OpenAI says is wrong, in an HTTP answer, an `error` event or a failed response. */
export interface OpenAIFault {
  readonly type?: string | undefined;
  readonly code?: string | undefined;
  readonly message?: string | undefined;
}

/** The error for a handshake that was answered with an HTTP status instead of a socket. */
export function refusedHandshake(status: number, body: string): OpenAIRealtimeError {
  const fault = parseFault(body);
  return makeError(codeOfFault(fault) ?? codeOfStatus(status), fault, status);
}

/** The error for what an `error` event or a failed response says. */
export function reportedFault(fault: OpenAIFault): OpenAIRealtimeError {
  const isOurs = fault.type === 'invalid_request_error';
  const otherwise = isOurs ? 'openai_request_rejected' : 'openai_unavailable';
  return makeError(codeOfFault(fault) ?? otherwise, fault);
}

/** The error for a socket that could not be opened at all. */
export function unreachable(cause: unknown): OpenAIRealtimeError {
  return new OpenAIRealtimeError('openai_unreachable', ADVICE.openai_unreachable, { cause });
}

/** The error for a socket that was closed; OpenAI puts its code into the reason. */
export function closedSocket(status: number, reason: string): OpenAIRealtimeError {
  const [type, code] = reason.split('.');
  const fault = { type, code: code ?? type };
  return makeError(
    codeOfFault(fault) ?? 'openai_connection_lost',
    { ...fault, message: reason },
    status,
  );
}

function makeError(
  code: OpenAIRealtimeErrorCode,
  fault: OpenAIFault,
  status?: number,
): OpenAIRealtimeError {
  const where = status === undefined ? '' : ` (${status < 600 ? 'HTTP' : 'close code'} ${status})`;
  const detail = fault.message?.replace(KEY, '[key]').slice(0, MAX_DETAIL);
  const says = detail ? ` It says: ${detail}` : '';
  const reason = fault.code ?? fault.type;
  return new OpenAIRealtimeError(code, `${ADVICE[code]}${where}${says}`, {
    status,
    reason: reason === '' ? undefined : reason,
  });
}

function codeOfFault({ type = '', code = '' }: OpenAIFault): OpenAIRealtimeErrorCode | undefined {
  const name = `${type} ${code}`;
  if (/insufficient_quota|billing/.test(name)) return 'openai_quota_exceeded';
  if (/invalid_api_key|authentication|permission/.test(name)) return 'openai_unauthorized';
  if (/rate_limit|too_many/.test(name)) return 'openai_rate_limited';
  if (/session_expired/.test(name)) return 'openai_session_expired';
  if (/model_not_found|invalid_model/.test(name)) return 'openai_request_rejected';
  if (/server_error/.test(name)) return 'openai_unavailable';
  return undefined;
}

function codeOfStatus(status: number): OpenAIRealtimeErrorCode {
  if (status === 401 || status === 403) return 'openai_unauthorized';
  if (status === 402) return 'openai_quota_exceeded';
  if (status === 429) return 'openai_rate_limited';
  if (status >= 500) return 'openai_unavailable';
  return 'openai_request_rejected';
}

function parseFault(body: string): OpenAIFault {
  try {
    const { error } = JSON.parse(body) as { error?: unknown };
    return readFault(error);
  } catch {
    return { message: body.trim() };
  }
}

/** Reads what is known to hold a fault, whatever else it is. */
export function readFault(value: unknown): OpenAIFault {
  if (typeof value === 'string') return { message: value };
  if (typeof value !== 'object' || value === null) return {};
  const text = (part: unknown): string | undefined => (typeof part === 'string' ? part : undefined);
  const { type, code, message } = value as Record<string, unknown>;
  return { type: text(type), code: text(code), message: text(message) };
}
