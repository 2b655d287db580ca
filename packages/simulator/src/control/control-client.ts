import {
  CALLS_PATH,
  STATION_PATH,
  type CallOrder,
  type ControlMessage,
} from './control-protocol.ts';

const PROBE_TIMEOUT_MS = 3_000;
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * Looks for a running carrier at `url`: the carrier itself, or a server that redirects
 * `GET /simulator` to it. Only this machine is asked.
 *
 * @returns The carrier's base URL, or undefined where there is none.
 */
export async function findCarrier(url: string): Promise<string | undefined> {
  if (!LOOPBACK.has(new URL(url).hostname)) return undefined;
  try {
    const response = await fetch(new URL(STATION_PATH, url), {
      signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
    });
    const final = new URL(response.url);
    const body: unknown =
      response.ok && LOOPBACK.has(final.hostname) ? await response.json() : undefined;
    const isCarrier = typeof body === 'object' && body !== null && 'simulator' in body;
    return isCarrier ? final.origin : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Places a call at a running carrier and passes on what it tells, until the call is over. Aborting
 * makes the caller hang up.
 *
 * @throws Error where the carrier refuses, or goes away.
 */
export async function orderCall(
  carrierUrl: string,
  order: CallOrder,
  onMessage: (message: ControlMessage) => void,
  signal?: AbortSignal,
): Promise<void> {
  const response = await fetch(new URL(CALLS_PATH, carrierUrl), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(order),
    signal: signal ?? null,
  });
  if (!response.ok || !response.body) {
    const problem = (await response.json().catch(() => undefined)) as
      { message?: string } | undefined;
    throw new Error(
      problem?.message ?? `The carrier answered with HTTP status ${response.status}.`,
    );
  }
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      onMessage(JSON.parse(text.slice(0, end)) as ControlMessage);
      text = text.slice(end + 1);
    }
  }
}
