import { setTimeout as delay } from 'node:timers/promises';
import type { CallDescription } from '../http/describe-call.ts';
import type { DialCommand } from './dial-command.ts';

const POLL_MS = 500;

export interface FollowOptions {
  /** Prints a line for the user. */
  readonly print: (line: string) => void;
  /** Prints a complaint. */
  readonly complain: (line: string) => void;
  /** Aborted when the user wants an end: then the call is hung up. */
  readonly signal: AbortSignal;
}

/**
 * Has the server place a call, and tells what becomes of it until it has ended.
 *
 * @returns 0 where it was answered, else 1.
 */
export async function followCall(
  { server, apiToken, body }: DialCommand,
  { print, complain, signal }: FollowOptions,
): Promise<0 | 1> {
  const ask = (method: string, path: string, json?: unknown): Promise<Response> =>
    fetch(`${server}${path}`, {
      method,
      headers: { authorization: `Bearer ${apiToken}`, 'content-type': 'application/json' },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
  let placed: Response;
  try {
    placed = await ask('POST', '/calls', body);
  } catch {
    complain(`${server} does not answer: start it with npm start.`);
    return 1;
  }
  if (!placed.ok) {
    complain(await describeProblem(placed));
    return 1;
  }
  let call = (await placed.json()) as CallDescription;
  let told = '';
  let wasAnswered = false;
  let isHungUp = false;
  for (;;) {
    wasAnswered ||= call.state === 'answered' || call.state === 'streaming';
    if (call.end) break;
    if (call.state !== told) print(call.state);
    told = call.state;
    if (signal.aborted && !isHungUp) {
      isHungUp = true;
      await ask('DELETE', `/calls/${call.id}`);
    }
    await delay(POLL_MS, undefined, { signal: isHungUp ? undefined : signal }).catch(() => {});
    const answer = await ask('GET', `/calls/${call.id}`);
    if (!answer.ok) {
      complain(await describeProblem(answer));
      return 1;
    }
    call = (await answer.json()) as CallDescription;
  }
  const { durationMs, providerCause, reason } = call.end;
  const cause = providerCause === undefined ? '' : ` (${providerCause})`;
  print(`ended: ${reason}${cause}, after ${(durationMs / 1000).toFixed(1)} s`);
  return wasAnswered || durationMs > 0 ? 0 : 1;
}

async function describeProblem(response: Response): Promise<string> {
  const text = await response.text();
  try {
    const { detail, errors } = JSON.parse(text) as {
      readonly detail?: string;
      readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
    };
    const parts = (errors ?? []).map((error) => `  ${error.pointer}: ${error.detail}`);
    return [`Not called: ${detail ?? `HTTP ${response.status}`}`, ...parts].join('\n');
  } catch {
    return `Not called: HTTP ${response.status}; is this the phone agent’s server?`;
  }
}
