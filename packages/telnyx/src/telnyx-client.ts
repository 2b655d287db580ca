import { ConfigurationError } from '@phone-agents/core';
import type Telnyx from 'telnyx';
import type { TelnyxProviderSettings } from './telnyx-settings.ts';
import { resolveTelnyxSettings, telnyxRestProblems } from './telnyx-settings.ts';

const API_BASE_URL = 'https://api.telnyx.com/v2';
const DEFAULT_REQUEST_TIMEOUT_MS = 5_000;
/** A caller is waiting: who is told to come back later than this is told so at once. */
const LONGEST_RETRY_AFTER_SECONDS = 2;

/**
 * The official SDK, loaded when it is first needed: not on import, and not for those who use the
 * other parts of this package only.
 *
 * @throws ConfigurationError
 */
export async function createTelnyxClient(settings: TelnyxProviderSettings): Promise<Telnyx> {
  const resolved = resolveTelnyxSettings(settings);
  const problems = telnyxRestProblems(resolved);
  if (problems.length > 0) throw new ConfigurationError(problems);
  const { default: TelnyxClient } = await import('telnyx');
  return new TelnyxClient({
    apiKey: resolved.apiKey ?? '',
    // Given in any case, so that no other variable of the environment decides.
    publicKey: resolved.publicKey ?? null,
    baseURL: withVersion(resolved.apiBaseUrl ?? API_BASE_URL),
    timeout: settings.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS,
    maxRetries: 1,
    // Its own log lines may hold numbers and stream addresses.
    logLevel: 'off',
    fetch: fetchForLiveCalls,
  });
}

function withVersion(address: string): string {
  const url = new URL(address);
  if (url.pathname === '/') url.pathname = '/v2';
  return url.href.replace(/\/+$/, '');
}

/** The SDK would wait for as long as `retry-after` says, and then act on a call that is long over. */
async function fetchForLiveCalls(...request: Parameters<typeof fetch>): ReturnType<typeof fetch> {
  const response = await fetch(...request);
  const retryAfter = response.headers.get('retry-after');
  if (retryAfter === null || Number(retryAfter) <= LONGEST_RETRY_AFTER_SECONDS) return response;
  const headers = new Headers(response.headers);
  headers.set('x-should-retry', 'false');
  return new Response(response.body, { status: response.status, headers });
}
