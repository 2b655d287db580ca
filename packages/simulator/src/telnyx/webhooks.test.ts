import { telnyxStage } from '../test-support/carrier-stage.ts';
import { isSigned } from '../test-support/telnyx-test-server.ts';
import { createTelnyxCarrier } from './telnyx-carrier.ts';
import type { TelnyxCarrierOptions } from './telnyx-carrier-options.ts';
import type { TelnyxCallOptions, TelnyxSimulatedCall } from './telnyx-simulated-call.ts';

const stage = telnyxStage();

async function place(
  options: TelnyxCarrierOptions = {},
  call: TelnyxCallOptions = {},
): Promise<TelnyxSimulatedCall> {
  const carrier = await stage.open(options);
  return carrier.placeCall(call);
}

test('an incoming call is told by a signed webhook, and parked', async () => {
  stage.server.onCall = () => undefined;
  const call = await place({}, { from: '+15005550010', fields: { caller_id_name: 'ADA' } });
  const { request, payload, meta, occurred_at } = await stage.server.event('call.initiated');
  expect(request).toMatchObject({ method: 'POST', url: '/telnyx/events' });
  expect(request.headers).toMatchObject({
    'content-type': 'application/json',
    'user-agent': 'telnyx-webhooks',
    'telnyx-timestamp': String(Math.floor(stage.clock.wallTimeMs() / 1000)),
  });
  expect(isSigned(request, stage.carrier.publicKey)).toBe(true);
  expect(payload).toMatchObject({
    call_control_id: call.providerCallId,
    call_leg_id: call.callLegId,
    call_session_id: call.callSessionId,
    connection_id: stage.carrier.connectionId,
    client_state: null,
    direction: 'incoming',
    state: 'parked',
    from: '+15005550010',
    to: stage.carrier.to,
    caller_id_name: 'ADA',
  });
  expect(call.providerCallId).toMatch(/^v3:[\w-]{62}$/);
  expect(occurred_at).toBe('2026-11-22T09:41:00.000000Z');
  expect(meta).toEqual({ attempt: 1, delivered_to: `${stage.server.url}/telnyx/events` });
  expect(call.state).toBe('parked');
  expect(call.times.answeredMs).toBeUndefined();
});

test('the environment has all that a server needs, with secrets that are new in each run', async () => {
  await place();
  const other = await createTelnyxCarrier();
  expect(stage.carrier.environment).toEqual({
    TELNYX_API_KEY: stage.carrier.apiKey,
    TELNYX_PUBLIC_KEY: stage.carrier.publicKey,
    TELNYX_CALL_CONTROL_APP_ID: stage.carrier.connectionId,
    TELNYX_PHONE_NUMBER: stage.carrier.to,
    TELNYX_API_BASE_URL: stage.carrier.apiBaseUrl,
  });
  expect(stage.carrier.apiBaseUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v2$/);
  expect(Buffer.from(stage.carrier.publicKey, 'base64')).toHaveLength(32);
  for (const name of ['TELNYX_API_KEY', 'TELNYX_PUBLIC_KEY', 'TELNYX_CALL_CONTROL_APP_ID']) {
    expect(other.environment[name]).not.toBe(stage.carrier.environment[name]);
  }
  await other.close();
});

test('a webhook that is not acknowledged within 2 s is sent again, with the same id', async () => {
  stage.server.onCall = () => undefined;
  stage.server.acknowledge = ({ meta }) =>
    meta.attempt === 1 ? new Promise(() => undefined) : { headers: {} };
  const call = await place();
  await stage.server.event('call.initiated');
  await stage.clock.advance(1_999);
  expect(stage.server.of('call.initiated')).toHaveLength(1);
  await stage.clock.advance(1_001);
  await stage.server.http.until(() => stage.server.of('call.initiated').length === 2);
  const [first, second] = stage.server.of('call.initiated');
  expect(second!.id).toBe(first!.id);
  expect(second!.meta.attempt).toBe(2);
  expect(isSigned(second!.request, stage.carrier.publicKey)).toBe(true);
  await stage.clock.advance(5_000);
  expect(call.state).toBe('parked');
  expect(call.webhooks.map(({ attempt, status }) => [attempt, status])).toEqual([
    [1, undefined],
    [2, 200],
  ]);
});

test('a call whose webhook nobody takes fails, also after the failover address', async () => {
  stage.server.acknowledge = () => ({ status: 500 });
  stage.server.onCall = () => undefined;
  const call = await place({ failoverUrl: `${stage.server.url}/elsewhere` });
  expect(await stage.passUntil(call.ended)).toEqual({
    by: 'failed',
    detail: 'The webhook call.initiated was not taken: the server answered with HTTP status 500.',
  });
  const paths = stage.server.of('call.initiated').map(({ request }) => request.url);
  expect(paths).toEqual([...Array(3).fill('/telnyx/events'), ...Array(3).fill('/elsewhere')]);
  await stage.passUntil(call.settled);
});

test('a webhook that is refused for good is not repeated, and the call goes on', async () => {
  stage.server.acknowledge = ({ event_type }) => ({
    status: event_type === 'call.answered' ? 404 : 200,
    headers: {},
  });
  const call = await place();
  await stage.server.socket();
  await stage.server.event('call.answered');
  await stage.clock.advance(5_000);
  expect(stage.server.of('call.answered')).toHaveLength(1);
  expect(call.state).toBe('answered');
  expect(call.warnings).toEqual([
    { code: 0, message: expect.stringContaining('call.answered was not taken') as string },
  ]);
});

test('an application may have its own time limit', async () => {
  stage.server.onCall = () => undefined;
  stage.server.acknowledge = () => new Promise(() => undefined);
  const call = await place({ webhookUrl: stage.server.url });
  call.hangUp();
  await stage.server.rest('PATCH', `/call_control_applications/${stage.carrier.connectionId}`, {
    webhook_timeout_secs: 10,
  });
  const patient = await stage.carrier.placeCall();
  await stage.server.http.until(() =>
    stage.server.events.some(
      (event) => event.payload['call_control_id'] === patient.providerCallId,
    ),
  );
  await stage.clock.advance(9_000);
  expect(patient.webhooks).toHaveLength(1);
});

test('an event may come twice, at once or later', async () => {
  stage.server.onCall = () => undefined;
  const call = await place({ faults: { retriedWebhooks: 1, webhookRetryAfterMs: 300 } });
  await stage.server.event('call.initiated');
  await stage.clock.advance(300);
  await stage.server.http.until(() => stage.server.of('call.initiated').length === 2);
  const [first, second] = stage.server.of('call.initiated');
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
  await stage.server.socket();
  expect(await call.connected).toBe(true);
  expect(stage.server.of('call.answered')).toEqual([]);
  await stage.clock.advance(1_000);
  call.hangUp();
  await stage.clock.advance(1_000);
  await stage.passUntil(call.settled);
  const types = stage.server.events.map(({ event_type }) => event_type);
  expect(types.indexOf('streaming.started')).toBeLessThan(types.indexOf('call.answered'));
  for (const type of ['call.answered', 'streaming.started', 'streaming.stopped', 'call.hangup']) {
    expect(stage.server.of(type)).toHaveLength(2);
    expect(new Set(stage.server.of(type).map(({ id }) => id)).size).toBe(1);
  }
});

test('one event does not wait for the answer to another', async () => {
  let release = (): void => undefined;
  stage.server.acknowledge = ({ event_type }) =>
    event_type === 'call.answered'
      ? new Promise((resolve) => (release = () => resolve({ headers: {} })))
      : { headers: {} };
  const call = await place();
  await stage.server.event('streaming.started');
  await stage.server.event('call.answered');
  call.hangUp();
  await stage.server.event('call.hangup');
  release();
  await call.settled;
});

test('an address that the server believes it has is found here', async () => {
  const call = await place({ publicUrl: 'https://agent.example.test' });
  const { meta } = await stage.server.event('call.initiated');
  expect(meta.delivered_to).toBe('https://agent.example.test/telnyx/events');
  stage.server.onCall = (id) =>
    void stage.server.answer(id, { stream_url: 'wss://agent.example.test/telnyx/media/c2/s' });
  const second = await stage.carrier.placeCall();
  expect(await second.connected).toBe(true);
  expect(stage.server.http.sockets.map(({ path }) => path)).toContain('/telnyx/media/c2/s');
  call.hangUp();
});

test('without a server no call can be placed', async () => {
  stage.carrier = await createTelnyxCarrier({ clock: stage.clock });
  stage.server.carrier = stage.carrier;
  await expect(stage.carrier.placeCall()).rejects.toThrow(/webhookUrl/);
  stage.carrier.configureNumber({ webhookUrl: `${stage.server.url}/own/path` });
  await stage.carrier.placeCall();
  expect((await stage.server.event('call.initiated')).request.url).toBe('/own/path');
});
