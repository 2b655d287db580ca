import type { PhoneAgentErrorOptions } from '@phone-agents/core';
import { PhoneAgentError } from '@phone-agents/core';

/** What a {@link DeepgramError} is about. */
export type DeepgramErrorCode =
  /** The key is wrong, expired or may not do this. */
  | 'deepgram_unauthorized'
  /** The project has no credit left. */
  | 'deepgram_quota_exceeded'
  /** More streams at once than the plan allows. */
  | 'deepgram_rate_limited'
  /** Deepgram does not accept what was asked for: model, language, another setting. */
  | 'deepgram_request_rejected'
  /** No connection came about: network, proxy, a wrong `baseUrl`. */
  | 'deepgram_unreachable'
  /** Deepgram has a fault of its own. */
  | 'deepgram_unavailable'
  /** A stream broke off. */
  | 'deepgram_connection_lost';

/** What a {@link DeepgramError} holds besides its code and message. */
export interface DeepgramErrorOptions extends PhoneAgentErrorOptions {
  /** HTTP status of the refused handshake, or close code of the socket. */
  readonly status?: number | undefined;
}

/** Deepgram could not do what was asked of it; `code` says why, `message` what to do. */
export class DeepgramError extends PhoneAgentError {
  declare readonly code: DeepgramErrorCode;
  /** HTTP status of the refused handshake, or close code of the socket; absent where there was none. */
  readonly status: number | undefined;

  constructor(code: DeepgramErrorCode, message: string, options: DeepgramErrorOptions = {}) {
    super(code, message, options);
    this.status = options.status;
  }

  /** Whether the same may succeed a moment later. */
  get isRetryable(): boolean {
    return RETRYABLE.has(this.code);
  }
}

const RETRYABLE: ReadonlySet<DeepgramErrorCode> = new Set<DeepgramErrorCode>([
  'deepgram_rate_limited',
  'deepgram_unreachable',
  'deepgram_unavailable',
  'deepgram_connection_lost',
]);

/** Deepgram's answers are cut to this length in messages. */
const MAX_DETAIL = 200;

/**
 * The error for a handshake that was answered with an HTTP status instead of a socket. `detail` is
 * the header `dg-error` (Deepgram changelog of 8 November 2022: request id and error in the headers).
 */
export function refusedHandshake(status: number, detail: string | undefined): DeepgramError {
  const says = detail ? ` It says: ${detail.slice(0, MAX_DETAIL)}` : '';
  const options = { status };
  if (status === 401 || status === 403) {
    return new DeepgramError(
      'deepgram_unauthorized',
      `Deepgram refused the API key (HTTP ${status}): put a key that may transcribe into DEEPGRAM_API_KEY.${says}`,
      options,
    );
  }
  if (status === 402) {
    return new DeepgramError(
      'deepgram_quota_exceeded',
      `The Deepgram project has no credit left (HTTP 402): add credit in the Deepgram console.${says}`,
      options,
    );
  }
  if (status === 429) {
    return new DeepgramError(
      'deepgram_rate_limited',
      `Deepgram has too many streams of this project at once (HTTP 429): lower maxConcurrentCalls or raise the plan.${says}`,
      options,
    );
  }
  if (status >= 500) {
    return new DeepgramError(
      'deepgram_unavailable',
      `Deepgram has a fault (HTTP ${status}): see status.deepgram.com.${says}`,
      options,
    );
  }
  return new DeepgramError(
    'deepgram_request_rejected',
    `Deepgram does not accept the request (HTTP ${status}): check model, language and baseUrl.${says}`,
    options,
  );
}

/** The error for a socket that could not be opened at all. */
export function unreachable(cause: unknown): DeepgramError {
  return new DeepgramError(
    'deepgram_unreachable',
    'Deepgram cannot be reached: check the network, the proxy and baseUrl.',
    { cause },
  );
}

/**
 * The error for a socket that was closed. 1008 is for audio that Deepgram cannot decode (DATA-0000),
 * 1011 for silence on the line or a fault (NET-0000, NET-0001); see "STT Troubleshooting WebSocket,
 * NET, and DATA Errors" in Deepgram's documentation.
 */
export function closedSocket(status: number, reason: string): DeepgramError {
  const says = reason ? `: ${reason.slice(0, MAX_DETAIL)}` : '';
  if (status === 1008) {
    return new DeepgramError(
      'deepgram_request_rejected',
      `Deepgram cannot decode the audio: check encoding and sampleRate (close code 1008${says}).`,
      { status },
    );
  }
  return new DeepgramError(
    'deepgram_connection_lost',
    `The connection to Deepgram broke off (close code ${status}${says}).`,
    { status },
  );
}
