import { ProviderRequestError, redactText } from '@phone-agents/core';

/** What went wrong, as far as it is safe to tell: the SDK's errors carry credentials and numbers. */
export interface RequestFailure {
  readonly status: number | undefined;
  readonly code: number | string | undefined;
}

/** What the SDK's error tells, without what must not be told. */
export function describeFailure(error: unknown): RequestFailure {
  const { status, code } = error as { status?: unknown; code?: unknown };
  return {
    status: typeof status === 'number' ? status : undefined,
    code: typeof code === 'number' || typeof code === 'string' ? code : undefined,
  };
}

/** The error for the user: what Twilio did not do, and what to do about it. */
export function requestError(
  action: string,
  { status, code }: RequestFailure,
  error: unknown,
): ProviderRequestError {
  // The SDK's own error holds the request with its credentials: only its words are kept.
  const cause = new Error(redactText(error instanceof Error ? error.message : 'unknown'));
  const providerCode = code === undefined ? undefined : String(code);
  return new ProviderRequestError(`Twilio did not ${action}: ${advice(status, code)}`, {
    status,
    providerCode,
    cause,
  });
}

function advice(status: number | undefined, code: number | string | undefined): string {
  if (status === undefined) {
    const why = typeof code === 'string' ? ` (${code})` : '';
    return `it could not be reached in time${why}. Check the network, proxies and TWILIO_API_BASE_URL.`;
  }
  const answer = `HTTP ${status}${code === undefined ? '' : `, error ${code}`}`;
  if (status === 401 || status === 403) {
    return `it refused the credentials (${answer}). Check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, or the API key and its secret, and that they belong to this account and region.`;
  }
  if (status === 429) return `too many requests at once (${answer}). Try again in a moment.`;
  if (status >= 500) return `it has a fault of its own (${answer}). Try again in a moment.`;
  const more = typeof code === 'number' ? ` See https://www.twilio.com/docs/errors/${code}.` : '';
  return `it refused the request (${answer}).${more}`;
}
