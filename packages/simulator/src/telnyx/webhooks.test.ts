import { ManualClock } from '@phone-agents/core/testing';
import { isSigned, TelnyxTestServer } from '../test-support/telnyx-test-server.ts';
import { createTelnyxCarrier, type TelnyxCarrier } from './telnyx-carrier.ts';
import type { TelnyxCarrierOptions } from './telnyx-carrier-options.ts';
import type { TelnyxCallOptions, TelnyxSimulatedCall } from './telnyx-simulated-call.ts';

let server: TelnyxTestServer;
let carrier: TelnyxCarrier;
let clock: ManualClock;

beforeEach(async () => {
  clock = new ManualClock();
  server = await TelnyxTestServer.start();
});

afterEach(async () => {
  await carrier.close();
  await server.close();
  expect(clock.timerCount).toBe(0);
});

async function place(
  options: TelnyxCarrierOptions = {},
  call: TelnyxCallOptions = {},
): Promise<TelnyxSimulatedCall> {
  carrier = await createTelnyxCarrier({ webhookUrl: server.url, clock, ...options });
  server.carrier = carrier;
  return carrier.placeCall(call);
}

/** Lets time pass until something has happened. */
async function passUntil<T>(promise: Promise<T>): Promise<T> {
  let over = false;
  void promise.then(() => (over = true));
  while (!over) await clock.advance(5);
  return promise;
}

test('an incoming call is told by a signed webhook, and parked', async () => {
  server.onCall = () => undefined;
  const call = await place({}, { from: '+15005550010', fields: { caller_id_name: 'ADA' } });
  const { request, payload, meta, occurred_at } = await server.event('call.initiated');
  expect(request).toMatchObject({ method: 'POST', url: '/telnyx/events' });
  expect(request.headers).toMatchObject({
    'content-type': 'application/json',
    'user-agent': 'telnyx-webhooks',
    'telnyx-timestamp': String(Math.floor(clock.wallTimeMs() / 1000)),
  });
  expect(isSigned(request, carrier.publicKey)).toBe(true);
  expect(payload).toMatchObject({
    call_control_id: call.providerCallId,
    call_leg_id: call.callLegId,
    call_session_id: call.callSessionId,
    connection_id: carrier.connectionId,
    client_state: null,
    direction: 'incoming',
    state: 'parked',
    from: '+15005550010',
    to: carrier.to,
    caller_id_name: 'ADA',
  });
  expect(call.providerCallId).toMatch(/^v3:[\w-]{62}$/);
  expect(occurred_at).toBe('2026-11-22T09:41:00.000000Z');
  expect(meta).toEqual({ attempt: 1, delivered_to: `${server.url}/telnyx/events` });
  expect(call.state).toBe('parked');
  expect(call.times.answeredMs).toBeUndefined();
});

test('the environment has all that a server needs, with secrets that are new in each run', async () => {
  await place();
  const other = await createTelnyxCarrier();
  expect(carrier.environment).toEqual({
    TELNYX_API_KEY: carrier.apiKey,
    TELNYX_PUBLIC_KEY: carrier.publicKey,
    TELNYX_CALL_CONTROL_APP_ID: carrier.connectionId,
    TELNYX_PHONE_NUMBER: carrier.to,
    TELNYX_API_BASE_URL: carrier.apiBaseUrl,
  });
  expect(carrier.apiBaseUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v2$/);
  expect(Buffer.from(carrier.publicKey, 'base64')).toHaveLength(32);
  for (const name of ['TELNYX_API_KEY', 'TELNYX_PUBLIC_KEY', 'TELNYX_CALL_CONTROL_APP_ID']) {
    expect(other.environment[name]).not.toBe(carrier.environment[name]);
  }
  await other.close();
});

test('a webhook that is not acknowledged within 2 s is sent again, with the same id', async () => {
  server.onCall = () => undefined;
  server.acknowledge = ({ meta }) =>
    meta.attempt === 1 ? new Promise(() => undefined) : { headers: {} };
  const call = await place();
  await server.event('call.initiated');
  await clock.advance(1_999);
  expect(server.of('call.initiated')).toHaveLength(1);
  await clock.advance(1_001);
  await server.http.until(() => server.of('call.initiated').length === 2);
  const [first, second] = server.of('call.initiated');
  expect(second!.id).toBe(first!.id);
  expect(second!.meta.attempt).toBe(2);
  expect(isSigned(second!.request, carrier.publicKey)).toBe(true);
  await clock.advance(5_000);
  expect(call.state).toBe('parked');
  expect(call.webhooks.map(({ attempt, status }) => [attempt, status])).toEqual([
    [1, undefined],
    [2, 200],
  ]);
});

test('a call whose webhook nobody takes fails, also after the failover address', async () => {
  server.acknowledge = () => ({ status: 500 });
  server.onCall = () => undefined;
  const call = await place({ failoverUrl: `${server.url}/elsewhere` });
  expect(await passUntil(call.ended)).toEqual({
    by: 'failed',
    detail: 'The webhook call.initiated was not taken: the server answered with HTTP status 500.',
  });
  const paths = server.of('call.initiated').map(({ request }) => request.url);
  expect(paths).toEqual([...Array(3).fill('/telnyx/events'), ...Array(3).fill('/elsewhere')]);
  await passUntil(call.settled);
});

test('a webhook that is refused for good is not repeated, and the call goes on', async () => {
  server.acknowledge = ({ event_type }) => ({
    status: event_type === 'call.answered' ? 404 : 200,
    headers: {},
  });
  const call = await place();
  await server.socket();
  await server.event('call.answered');
  await clock.advance(5_000);
  expect(server.of('call.answered')).toHaveLength(1);
  expect(call.state).toBe('answered');
  expect(call.warnings).toEqual([
    { code: 0, message: expect.stringContaining('call.answered was not taken') as string },
  ]);
});

test('an application may have its own time limit', async () => {
  server.onCall = () => undefined;
  server.acknowledge = () => new Promise(() => undefined);
  const call = await place({ webhookUrl: server.url });
  call.hangUp();
  await server.rest('PATCH', `/call_control_applications/${carrier.connectionId}`, {
    webhook_timeout_secs: 10,
  });
  const patient = await carrier.placeCall();
  await server.http.until(() =>
    server.events.some((event) => event.payload['call_control_id'] === patient.providerCallId),
  );
  await clock.advance(9_000);
  expect(patient.webhooks).toHaveLength(1);
});

test('an event may come twice, at once or later', async () => {
  server.onCall = () => undefined;
  const call = await place({ faults: { retriedWebhooks: 1, webhookRetryAfterMs: 300 } });
  await server.event('call.initiated');
  await clock.advance(300);
  await server.http.until(() => server.of('call.initiated').length === 2);
  const [first, second] = server.of('call.initiated');
  expect(second!.request.body).toBe(first!.request.body);
  call.hangUp();
  await call.settled;
});

test('events may come twice, late, and out of their order', async () => {
  const call = await place({
    faults: {
      doubledStatusCallbacks: 1,
      reorderedStatusCallbacks: 1,
      statusCallbackDelayMs: 1_000,
    },
  });
  await server.socket();
  expect(await call.connected).toBe(true);
  expect(server.of('call.answered')).toEqual([]);
  await clock.advance(1_000);
  call.hangUp();
  await clock.advance(1_000);
  await passUntil(call.settled);
  const types = server.events.map(({ event_type }) => event_type);
  expect(types.indexOf('streaming.started')).toBeLessThan(types.indexOf('call.answered'));
  for (const type of ['call.answered', 'streaming.started', 'streaming.stopped', 'call.hangup']) {
    expect(server.of(type)).toHaveLength(2);
    expect(new Set(server.of(type).map(({ id }) => id)).size).toBe(1);
  }
});

test('one event does not wait for the answer to another', async () => {
  let release = (): void => undefined;
  server.acknowledge = ({ event_type }) =>
    event_type === 'call.answered'
      ? new Promise((resolve) => (release = () => resolve({ headers: {} })))
      : { headers: {} };
  const call = await place();
  await server.event('streaming.started');
  await server.event('call.answered');
  call.hangUp();
  await server.event('call.hangup');
  release();
  await call.settled;
});

test('an address that the server believes it has is found here', async () => {
  const call = await place({ publicUrl: 'https://agent.example.test' });
  const { meta } = await server.event('call.initiated');
  expect(meta.delivered_to).toBe('https://agent.example.test/telnyx/events');
  server.onCall = (id) =>
    void server.answer(id, { stream_url: 'wss://agent.example.test/telnyx/media/c2/s' });
  const second = await carrier.placeCall();
  expect(await second.connected).toBe(true);
  expect(server.http.sockets.map(({ path }) => path)).toContain('/telnyx/media/c2/s');
  call.hangUp();
});

test('without a server no call can be placed', async () => {
  carrier = await createTelnyxCarrier({ clock });
  await expect(carrier.placeCall()).rejects.toThrow(/webhookUrl/);
  carrier.configureNumber({ webhookUrl: `${server.url}/own/path` });
  server.carrier = carrier;
  await carrier.placeCall();
  expect((await server.event('call.initiated')).request.url).toBe('/own/path');
});
