import { ProviderRequestError } from '@phone-agents/core';

/** What went wrong, as far as it is safe to tell: Telnyx's details may hold numbers. */
export interface RequestFailure {
  /** Absent where no answer came. */
  readonly status?: number | undefined;
  /** Telnyx's code: `90018`. */
  readonly code?: string | undefined;
  /** Telnyx's title for the code: a fixed text. */
  readonly title?: string | undefined;
  /** Why no answer came: `ECONNREFUSED`, `timeout`. */
  readonly reason?: string | undefined;
}

const ADVICE: ReadonlyMap<string, string> = new Map([
  ['10016', 'Give the number in E.164: a plus, the country code, digits only.'],
  ['10038', 'The account’s level does not allow it; see the levels in the Telnyx portal.'],
  ['10039', 'The account’s level does not allow it; see the levels in the Telnyx portal.'],
  ['20012', 'The account is inactive; check its balance in the Telnyx portal.'],
  ['20013', 'The account is blocked; ask Telnyx’s support.'],
  ['90015', 'Telnyx knows no such call; check that the API key belongs to the number’s account.'],
  ['90034', 'The call is not answered yet; wait for call.answered.'],
  ['90041', 'The account’s limit of concurrent calls is reached.'],
  ['90042', 'The account’s limit of concurrent calls is reached.'],
  ['90043', 'The account’s limit of concurrent calls is reached.'],
  ['90045', 'The call has a media stream or fork already, and can have only one.'],
  ['90046', 'Telnyx could not open the media stream; check that publicUrl is reachable by wss.'],
  ['90102', 'Only calls that come in can be answered.'],
]);

/** Reads an error of the SDK's. */
export function describeFailure(error: unknown): RequestFailure {
  const { status, error: body } = (error ?? {}) as Record<string, unknown>;
  if (typeof status !== 'number') return { reason: networkReason(error) };
  const { errors } = (body ?? {}) as { errors?: unknown };
  const first = (Array.isArray(errors) ? (errors[0] as unknown) : undefined) ?? {};
  const { code, title } = first as { code?: unknown; title?: unknown };
  return {
    status,
    code: typeof code === 'string' || typeof code === 'number' ? String(code) : undefined,
    title: typeof title === 'string' ? title : undefined,
  };
}

function networkReason(error: unknown): string | undefined {
  // The code of a failed fetch stands one or two causes down.
  for (let at = error, depth = 0; at && depth < 4; depth++) {
    const { code, cause } = at as { code?: unknown; cause?: unknown };
    if (typeof code === 'string') return code;
    at = cause;
  }
  return error instanceof Error && error.constructor.name === 'APIConnectionTimeoutError'
    ? 'timeout'
    : undefined;
}

/** The error that a failed command becomes: it says what to do, and holds no key and no number. */
export function requestError(action: string, failure: RequestFailure): ProviderRequestError {
  return new ProviderRequestError(`Telnyx did not ${action}: ${advice(failure)}`, {
    status: failure.status,
    providerCode: failure.code,
  });
}

function advice({ status, code, title, reason }: RequestFailure): string {
  if (status === undefined) {
    const why = reason === undefined ? '' : ` (${reason})`;
    return `it could not be reached in time${why}. Check the network, proxies and TELNYX_API_BASE_URL.`;
  }
  const answer = [`HTTP ${status}`, code === undefined ? '' : `error ${code}`, title ?? '']
    .filter((part) => part !== '')
    .join(', ');
  if (status === 401 || status === 403) {
    return `it refused the API key (${answer}). Check TELNYX_API_KEY: a v2 key (KEY…) of the account that owns the number.`;
  }
  if (status === 429) return `too many requests at once (${answer}). Try again in a moment.`;
  if (status >= 500) return `it has a fault of its own (${answer}). Try again in a moment.`;
  const known = code === undefined ? undefined : ADVICE.get(code);
  return `it refused the request (${answer}). ${known ?? 'See the call’s events in the Telnyx portal under Debugging.'}`;
}
