import { ManualClock } from '@phone-agents/core/testing';
import { TelnyxTestServer } from '../test-support/telnyx-test-server.ts';
import { createTelnyxCarrier, type TelnyxCarrier } from './telnyx-carrier.ts';
import type { TelnyxCarrierOptions } from './telnyx-carrier-options.ts';
import type { TelnyxSimulatedCall } from './telnyx-simulated-call.ts';

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

async function place(options: TelnyxCarrierOptions = {}): Promise<TelnyxSimulatedCall> {
  carrier = await createTelnyxCarrier({ webhookUrl: server.url, clock, ...options });
  server.carrier = carrier;
  return carrier.placeCall();
}

async function connect(options: TelnyxCarrierOptions = {}): Promise<TelnyxSimulatedCall> {
  const call = await place(options);
  await server.socket();
  return call;
}

const hangUpEvent = async () => (await server.event('call.hangup')).payload;

test('the caller hangs up: stop, close, and two webhooks', async () => {
  const call = await connect();
  await clock.advance(3_000);
  call.hangUp();
  expect(await call.ended).toEqual({ by: 'caller' });
  const socket = await server.socket();
  expect(await socket.closed).toBe(1000);
  expect(socket.of('stop')[0]).toMatchObject({ stop: { call_control_id: call.providerCallId } });
  expect(await hangUpEvent()).toMatchObject({
    hangup_cause: 'normal_clearing',
    hangup_source: 'caller',
    sip_hangup_cause: '200',
    call_quality_stats: { inbound: { packet_count: '150' } },
  });
  await server.event('streaming.stopped');
});

test('the caller gives up while it rings', async () => {
  server.onCall = () => undefined;
  const call = await place();
  await server.event('call.initiated');
  call.hangUp();
  expect(await hangUpEvent()).toMatchObject({
    hangup_cause: 'originator_cancel',
    call_quality_stats: null,
  });
  expect(await call.connected).toBe(false);
});

test.each([
  ['USER_BUSY', 'busy', 'user_busy'],
  ['CALL_REJECTED', 'rejected', 'call_rejected'],
] as const)('it is rejected with %s', async (cause, detail, hangup_cause) => {
  server.onCall = (id) => void server.command(id, 'reject', { cause });
  const call = await place();
  expect(await call.ended).toEqual({ by: 'rejected', detail });
  expect(await hangUpEvent()).toMatchObject({ hangup_cause, hangup_source: 'callee' });
});

test('the server hangs up by REST; closing the socket does not', async () => {
  const call = await connect({ redialMedia: false });
  const socket = await server.socket();
  socket.socket.close();
  await server.event('streaming.stopped');
  expect(call.state).toBe('answered');
  await server.command(call.providerCallId, 'hangup');
  expect(await call.ended).toMatchObject({ by: 'server' });
});

test('nobody answers in time', async () => {
  server.onCall = () => undefined;
  const call = await place({ ringTimeoutMs: 5_000 });
  await server.event('call.initiated');
  await clock.advance(5_000);
  expect(await call.ended).toMatchObject({ by: 'failed' });
  expect(await hangUpEvent()).toMatchObject({ hangup_cause: 'timeout' });
});

test('a socket that is lost is dialled again, the same address and stream', async () => {
  const call = await connect();
  const first = await server.socket();
  call.dropMedia();
  await first.closed;
  await clock.advance(499);
  expect(server.http.sockets).toHaveLength(1);
  await clock.advance(1);
  const second = await server.socket(1);
  expect(second.path).toBe(first.path);
  expect(second.of('start')[0]!['stream_id']).toBe(first.of('start')[0]!['stream_id']);
  expect(server.of('streaming.started')).toHaveLength(1);
  call.hangUp();
});

test('a stream that the server turns away fails, and the call stays silent', async () => {
  server.http.admit = () => 401;
  const call = await place();
  expect((await server.event('streaming.failed')).payload).toMatchObject({
    failure_reason: 'connection_failed',
    stream_type: 'websocket',
    stream_params: { stream_url: server.mediaUrl, track: 'inbound_track' },
  });
  expect(call.state).toBe('answered');
  expect(call.warnings).toEqual([
    { code: 90046, message: expect.stringContaining('401') as string },
  ]);
});

test('a sentence is spoken, as long as it takes, and told when it is over', async () => {
  const call = await connect({ sayCharactersPerSecond: 10 });
  const speak = { payload: 'One second', voice: 'female' };
  await server.command(call.providerCallId, 'speak', speak);
  await server.event('call.speak.started');
  await clock.advance(900);
  expect(server.of('call.speak.ended')).toEqual([]);
  await clock.advance(200);
  expect((await server.event('call.speak.ended')).payload).toMatchObject({ status: 'completed' });
  expect(call.announcements).toEqual(['One second']);
});

test('a sentence that the caller cuts off is told as such', async () => {
  const call = await connect({ sayCharactersPerSecond: 1 });
  await server.command(call.providerCallId, 'speak', { payload: 'Long', voice: 'female' });
  await server.event('call.speak.started');
  call.hangUp();
  expect((await server.event('call.speak.ended')).payload).toMatchObject({
    status: 'call_hangup',
  });
});

test('a transfer is told as a new leg of the same session', async () => {
  const call = await connect();
  await server.command(call.providerCallId, 'transfer', {
    to: '+15005550030',
    target_leg_client_state: 'eA==',
  });
  expect(await call.ended).toEqual({ by: 'forwarded', detail: '+15005550030' });
  await call.settled;
  const [, leg] = server.of('call.initiated');
  expect(leg!.payload).toMatchObject({
    direction: 'outgoing',
    to: '+15005550030',
    from: call.to,
    client_state: 'eA==',
    call_session_id: call.callSessionId,
  });
  expect(leg!.payload['call_control_id']).not.toBe(call.providerCallId);
  expect(server.of('call.bridged')).toHaveLength(2);
  expect(server.of('call.hangup')).toHaveLength(2);
});

test('a transfer that nobody takes leaves the call as it was', async () => {
  const call = await connect({ dialOutcome: () => ({ status: 'busy' }) });
  await server.command(call.providerCallId, 'transfer', { to: '+15005550030' });
  const ended = (await server.event('call.hangup')).payload;
  expect(ended).toMatchObject({ hangup_cause: 'user_busy', to: '+15005550030' });
  expect(call.state).toBe('answered');
});
