import type { EdgeParticipant } from '@phone-agents/core';
import { silentLogger } from '@phone-agents/core';
import type { RunningServer, ServerOptions } from '../server.ts';
import { startServer } from '../server.ts';
import { readSettings } from '../settings.ts';
import { PROVIDER_NAMES } from '../test-support/carriers.ts';

const TOKEN = 'a-token-of-these-tests';
const NUMBER = '+12025550123';
/** Listens and says nothing. */
const quiet: EdgeParticipant = {
  join: () => Promise.resolve({ close: () => Promise.resolve() }),
};

let server: RunningServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function start(
  environment: Record<string, string> = {},
  options: Partial<ServerOptions> = {},
): Promise<RunningServer> {
  const settings = readSettings({ PORT: '0', API_TOKEN: TOKEN, ...environment });
  server = await startServer(settings, { agent: quiet, logger: silentLogger, ...options });
  return server;
}

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly location: string | null;
  readonly body: Record<string, unknown>;
}

async function ask(method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`${server!.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    location: response.headers.get('location'),
    body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
  };
}

const problem = (status: number, code: string): unknown =>
  expect.objectContaining({
    status,
    type: expect.stringMatching(/^application\/problem\+json/),
    body: expect.objectContaining({
      type: `urn:phone-agents:problem:${code}`,
      title: expect.any(String),
      detail: expect.any(String),
      status,
      code,
    }),
  });

describe.each(PROVIDER_NAMES)('with %s', (PHONE_PROVIDER) => {
  test('a call is placed, told of, hung up, and told of afterwards', async () => {
    const { phone } = await start({ PHONE_PROVIDER });
    const created = await ask('POST', '/calls', { to: NUMBER });
    expect(created).toMatchObject({
      status: 201,
      body: { direction: 'outbound', provider: PHONE_PROVIDER, to: '+•••••••••23' },
    });
    const path = created.location!;
    expect(path).toBe(`/calls/${String(created.body['id'])}`);
    const call = phone.calls.require(String(created.body['id']));
    expect((await call.answered).outcome).toBe('answered');
    expect((await ask('GET', '/calls')).body).toEqual({
      calls: [expect.objectContaining({ id: call.id })],
    });
    expect((await ask('DELETE', path)).status).toBe(204);
    await call.ended;
    expect(await ask('GET', path)).toMatchObject({
      status: 200,
      body: {
        state: 'ended',
        outcome: 'answered',
        end: { reason: 'hung-up', durationMs: expect.any(Number) },
        ...(PHONE_PROVIDER === 'twilio' && {
          billing: { amount: expect.any(Number), currency: 'USD', durationMs: expect.any(Number) },
        }),
      },
    });
    // Once more does no harm.
    expect((await ask('DELETE', path)).status).toBe(204);
    expect(JSON.stringify(await ask('GET', path))).not.toContain('2025550123');
  });
});

test('whoever has no token places no call, and without one nobody does', async () => {
  const { phone, url } = await start();
  const refused = await fetch(`${url}/calls`, { method: 'POST', body: '{}' });
  expect(refused.status).toBe(401);
  expect(refused.headers.get('www-authenticate')).toBe('Bearer');
  expect(await refused.json()).toMatchObject({ code: 'unauthorized' });
  await server!.close();
  await start({ API_TOKEN: '' });
  expect(await ask('POST', '/calls', { to: NUMBER })).toEqual(problem(403, 'api_closed'));
  expect(phone.calls.activeCount).toBe(0);
});

test('a body that is wrong is told part by part, and one that is no JSON at all', async () => {
  await start();
  const wrong = await ask('POST', '/calls', { to: 7, onMachine: 'dance', colour: 'red' });
  expect(wrong).toEqual(problem(422, 'request_invalid'));
  const pointers = (wrong.body['errors'] as { pointer: string }[]).map(({ pointer }) => pointer);
  expect(pointers).toEqual(expect.arrayContaining(['/to', '/onMachine', '/']));
  expect(await ask('POST', '/calls', '{')).toEqual(problem(400, 'body_unreadable'));
  const long = { to: NUMBER, message: 'x'.repeat(40_000) };
  expect(await ask('POST', '/calls', long)).toEqual(problem(413, 'body_unreadable'));
  expect(await ask('POST', '/calls', { to: NUMBER, onMachine: 'leave-message' })).toEqual(
    problem(422, 'request_invalid'),
  );
});

test.each([
  ['is no number', '5550123', {}, 422, 'number'],
  ['is no possible number', '+1202555', { OUTBOUND_COUNTRIES: 'any' }, 403, 'destination'],
  [
    'is in a country that is not allowed',
    '+18765551234',
    { OUTBOUND_COUNTRIES: 'US' },
    403,
    'destination',
  ],
  ['charges its callers', '+19002345678', { OUTBOUND_COUNTRIES: 'US' }, 403, 'destination'],
  ['may be called when calling out is on', NUMBER, { CALLING_OUT: 'off' }, 503, 'stopped'],
])(
  'a number that %s is refused by name of the rule',
  async (_what, to, environment, status, rule) => {
    const { phone } = await start(environment);
    const refused = await ask('POST', '/calls', { to });
    expect(refused).toEqual(problem(status, 'dial_refused'));
    expect(refused.body['rule']).toBe(rule);
    expect(String(refused.body['detail'])).not.toContain(to.slice(-4));
    expect(phone.calls.activeCount).toBe(0);
  },
);

test('one number is called only so often an hour', async () => {
  await start({ MAX_CALLS_PER_NUMBER_PER_HOUR: '1' });
  expect((await ask('POST', '/calls', { to: NUMBER })).status).toBe(201);
  const refused = await ask('POST', '/calls', { to: NUMBER });
  expect(refused).toEqual(problem(429, 'dial_refused'));
  expect(refused.body['rule']).toBe('calls-per-number');
});

test('a switch stops all calling, and lets it go on', async () => {
  await start();
  expect((await ask('PUT', '/calling-out', { enabled: false })).body).toEqual({ enabled: false });
  expect((await ask('POST', '/calls', { to: NUMBER })).body['rule']).toBe('stopped');
  await ask('PUT', '/calling-out', { enabled: true });
  expect((await ask('GET', '/calling-out')).body).toEqual({ enabled: true });
  expect((await ask('POST', '/calls', { to: NUMBER })).status).toBe(201);
});

test('a server that drains places no call', async () => {
  const { phone } = await start();
  await phone.drain();
  const refused = await ask('POST', '/calls', { to: NUMBER });
  expect(refused).toEqual(problem(503, 'dial_refused'));
  expect(refused.body['rule']).toBe('draining');
});

test('instructions reach an agent that follows them, and are refused for one that does not', async () => {
  await start();
  const instructions = 'Ask whether Tuesday suits.';
  expect(await ask('POST', '/calls', { to: NUMBER, instructions })).toEqual(
    problem(422, 'instructions_unsupported'),
  );
  await server!.close();
  const given: string[] = [];
  const createAgent = (text: string): EdgeParticipant => {
    given.push(text);
    return quiet;
  };
  await start({}, { createAgent });
  expect((await ask('POST', '/calls', { to: NUMBER, instructions })).status).toBe(201);
  expect(given).toEqual([instructions]);
});

test('an unknown call is told as such, whatever is asked of it', async () => {
  await start();
  const unknown = problem(404, 'call_not_found');
  expect(await ask('GET', '/calls/nobody')).toEqual(unknown);
  expect(await ask('DELETE', '/calls/nobody')).toEqual(unknown);
  expect(await ask('POST', '/calls/nobody/transfer', { destination: 'sales' })).toEqual(unknown);
});
test('a call is transferred to a named destination, and to no other', async () => {
  const { phone } = await start({ TRANSFER_DESTINATIONS: 'sales=+12025550124' });
  const { body, location } = await ask('POST', '/calls', { to: NUMBER });
  const call = phone.calls.require(String(body['id']));
  await call.answered;
  const transfer = (destination: string): Promise<Answer> =>
    ask('POST', `${location}/transfer`, { destination });
  expect(await transfer('support')).toEqual(problem(422, 'destination_unknown'));
  expect(await transfer('sales')).toMatchObject({
    status: 200,
    body: { outcome: 'transferred', call: { id: call.id } },
  });
  expect((await call.ended).reason).toBe('transferred');
  expect(await transfer('sales')).toEqual(problem(409, 'call_ended'));
});
