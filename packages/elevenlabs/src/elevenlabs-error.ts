import type { PhoneAgentErrorOptions } from '@phone-agents/core';
import { PhoneAgentError } from '@phone-agents/core';

/** What an {@link ElevenLabsError} is about. */
export type ElevenLabsErrorCode =
  /** The key is wrong or may not speak. */
  | 'elevenlabs_unauthorized'
  /** The plan's characters are used up, or it does not include what was asked for. */
  | 'elevenlabs_quota_exceeded'
  /** More requests at once than the plan allows. */
  | 'elevenlabs_rate_limited'
  /** ElevenLabs does not accept what was asked for: voice, model, format, another setting. */
  | 'elevenlabs_request_rejected'
  /** No connection came about: network, proxy, a wrong `baseUrl`. */
  | 'elevenlabs_unreachable'
  /** ElevenLabs has a fault of its own. */
  | 'elevenlabs_unavailable'
  /** No audio came in time. */
  | 'elevenlabs_timeout'
  /** The audio broke off. */
  | 'elevenlabs_connection_lost';

/** What an {@link ElevenLabsError} holds besides its code and message. */
export interface ElevenLabsErrorOptions extends PhoneAgentErrorOptions {
  /** HTTP status; absent where no answer came. */
  readonly status?: number | undefined;
  /** ElevenLabs' own name for it, such as `quota_exceeded`. */
  readonly reason?: string | undefined;
}

/** ElevenLabs could not do what was asked of it; `code` says why, `message` what to do. */
export class ElevenLabsError extends PhoneAgentError {
  declare readonly code: ElevenLabsErrorCode;
  /** HTTP status; absent where no answer came. */
  readonly status: number | undefined;
  /** ElevenLabs' own name for it, such as `quota_exceeded`; absent where it gave none. */
  readonly reason: string | undefined;

  constructor(code: ElevenLabsErrorCode, message: string, options: ElevenLabsErrorOptions = {}) {
    super(code, message, options);
    this.status = options.status;
    this.reason = options.reason;
  }

  /** Whether the same may succeed a moment later. */
  get isRetryable(): boolean {
    return RETRYABLE.has(this.code);
  }
}

const RETRYABLE: ReadonlySet<ElevenLabsErrorCode> = new Set<ElevenLabsErrorCode>([
  'elevenlabs_rate_limited',
  'elevenlabs_unreachable',
  'elevenlabs_unavailable',
  'elevenlabs_timeout',
]);

/** ElevenLabs' answers are cut to this length in messages. */
const MAX_DETAIL = 200;

const ADVICE: Partial<Record<ElevenLabsErrorCode, string>> = {
  elevenlabs_unauthorized:
    'ElevenLabs refused the API key: put a key that may use text to speech into ELEVENLABS_API_KEY.',
  elevenlabs_quota_exceeded:
    'The ElevenLabs plan does not cover this: add characters or raise the plan.',
  elevenlabs_rate_limited:
    'ElevenLabs has too many requests of this account at once: lower maxConcurrentCalls or raise the plan.',
  elevenlabs_unavailable: 'ElevenLabs has a fault: see status.elevenlabs.io.',
  elevenlabs_request_rejected:
    'ElevenLabs does not accept the request: check voice, model, format and baseUrl.',
};

/**
 * The error for an HTTP answer that is not audio. ElevenLabs tells the reason in `detail`, as `code` or
 * `status`; a used-up quota comes with HTTP 401 (ElevenLabs API documentation, "Error messages").
 */
export function refusedRequest(status: number, body: unknown): ElevenLabsError {
  const { reason, message } = readDetail(body);
  const code = codeOf(status, reason);
  const says = message ? ` It says: ${message.slice(0, MAX_DETAIL)}` : '';
  return new ElevenLabsError(code, `${ADVICE[code]} (HTTP ${status})${says}`, { status, reason });
}

/** The error for a request that got no answer at all. */
export function unreachable(cause: unknown): ElevenLabsError {
  return new ElevenLabsError(
    'elevenlabs_unreachable',
    'ElevenLabs cannot be reached: check the network, the proxy and baseUrl.',
    { cause },
  );
}

/** The error for a request that brought no audio in time. */
export function tooLate(timeoutMs: number): ElevenLabsError {
  return new ElevenLabsError(
    'elevenlabs_timeout',
    `ElevenLabs gave no audio within ${timeoutMs} ms: choose a faster model, or raise firstAudioTimeoutMs.`,
  );
}

/** The error for audio that broke off. */
export function brokenOff(cause: unknown): ElevenLabsError {
  return new ElevenLabsError(
    'elevenlabs_connection_lost',
    'The audio from ElevenLabs broke off before its end.',
    { cause },
  );
}

function codeOf(status: number, reason: string | undefined): ElevenLabsErrorCode {
  if (reason !== undefined && /quota|credit|payment|subscription/i.test(reason)) {
    return 'elevenlabs_quota_exceeded';
  }
  if (status === 402) return 'elevenlabs_quota_exceeded';
  if (status === 401 || status === 403) return 'elevenlabs_unauthorized';
  if (status === 429 || status === 409) return 'elevenlabs_rate_limited';
  if (status >= 500 || status === 408) return 'elevenlabs_unavailable';
  return 'elevenlabs_request_rejected';
}

interface Detail {
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
}

function readDetail(body: unknown): Detail {
  if (typeof body !== 'object' || body === null || !('detail' in body)) return {};
  let { detail } = body;
  // Validation errors come as a list.
  if (Array.isArray(detail)) detail = detail[0] as unknown;
  if (typeof detail === 'string') return { message: detail };
  if (typeof detail !== 'object' || detail === null) return {};
  const text = (value: unknown): string | undefined =>
    typeof value === 'string' ? value : undefined;
  const { code, status, message, msg } = detail as Record<string, unknown>;
  return { reason: text(code) ?? text(status), message: text(message) ?? text(msg) };
}
