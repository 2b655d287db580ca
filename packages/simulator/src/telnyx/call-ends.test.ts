import { telnyxStage } from '../test-support/carrier-stage.ts';
import type { TelnyxCarrierOptions } from './telnyx-carrier-options.ts';
import type { TelnyxSimulatedCall } from './telnyx-simulated-call.ts';

const stage = telnyxStage();

async function place(options: TelnyxCarrierOptions = {}): Promise<TelnyxSimulatedCall> {
  const carrier = await stage.open(options);
  return carrier.placeCall();
}

async function connect(options: TelnyxCarrierOptions = {}): Promise<TelnyxSimulatedCall> {
  const call = await place(options);
  await stage.server.socket();
  return call;
}

const hangUpEvent = async () => (await stage.server.event('call.hangup')).payload;

test('the caller hangs up: stop, close, and two webhooks', async () => {
  const call = await connect();
  await stage.clock.advance(3_000);
  call.hangUp();
  expect(await call.ended).toEqual({ by: 'caller' });
  const socket = await stage.server.socket();
  expect(await socket.closed).toBe(1000);
  expect(socket.of('stop')[0]).toMatchObject({ stop: { call_control_id: call.providerCallId } });
  expect(await hangUpEvent()).toMatchObject({
    hangup_cause: 'normal_clearing',
    hangup_source: 'caller',
    sip_hangup_cause: '200',
    call_quality_stats: { inbound: { packet_count: '150' } },
  });
  await stage.server.event('streaming.stopped');
});

test('the caller gives up while it rings', async () => {
  stage.server.onCall = () => undefined;
  const call = await place();
  await stage.server.event('call.initiated');
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
  stage.server.onCall = (id) => void stage.server.command(id, 'reject', { cause });
  const call = await place();
  expect(await call.ended).toEqual({ by: 'rejected', detail });
  expect(await hangUpEvent()).toMatchObject({ hangup_cause, hangup_source: 'callee' });
});

test('the server hangs up by REST; closing the socket does not', async () => {
  const call = await connect({ redialMedia: false });
  const socket = await stage.server.socket();
  socket.socket.close();
  await stage.server.event('streaming.stopped');
  expect(call.state).toBe('answered');
  await stage.server.command(call.providerCallId, 'hangup');
  expect(await call.ended).toMatchObject({ by: 'server' });
});

test('nobody answers in time', async () => {
  stage.server.onCall = () => undefined;
  const call = await place({ ringTimeoutMs: 5_000 });
  await stage.server.event('call.initiated');
  await stage.clock.advance(5_000);
  expect(await call.ended).toMatchObject({ by: 'failed' });
  expect(await hangUpEvent()).toMatchObject({ hangup_cause: 'timeout' });
});

test('a socket that is lost is dialled again, the same address and stream', async () => {
  const call = await connect();
  const first = await stage.server.socket();
  call.dropMedia();
  await first.closed;
  await stage.clock.advance(499);
  expect(stage.server.http.sockets).toHaveLength(1);
  await stage.clock.advance(1);
  const second = await stage.server.socket(1);
  expect(second.path).toBe(first.path);
  expect(second.of('start')[0]!['stream_id']).toBe(first.of('start')[0]!['stream_id']);
  expect(stage.server.of('streaming.started')).toHaveLength(1);
  call.hangUp();
});

test('a stream that the server turns away fails, and the call stays silent', async () => {
  stage.server.http.admit = () => 401;
  const call = await place();
  expect((await stage.server.event('streaming.failed')).payload).toMatchObject({
    failure_reason: 'connection_failed',
    stream_type: 'websocket',
    stream_params: { stream_url: stage.server.mediaUrl, track: 'inbound_track' },
  });
  expect(call.state).toBe('answered');
  expect(call.warnings).toEqual([
    { code: 90046, message: expect.stringContaining('401') as string },
  ]);
});

test('a sentence is spoken, as long as it takes, and told when it is over', async () => {
  const call = await connect({ sayCharactersPerSecond: 10 });
  const speak = { payload: 'One second', voice: 'female' };
  await stage.server.command(call.providerCallId, 'speak', speak);
  await stage.server.event('call.speak.started');
  await stage.clock.advance(900);
  expect(stage.server.of('call.speak.ended')).toEqual([]);
  await stage.clock.advance(200);
  expect((await stage.server.event('call.speak.ended')).payload).toMatchObject({
    status: 'completed',
  });
  expect(call.announcements).toEqual(['One second']);
});

test('a sentence that the caller cuts off is told as such', async () => {
  const call = await connect({ sayCharactersPerSecond: 1 });
  await stage.server.command(call.providerCallId, 'speak', { payload: 'Long', voice: 'female' });
  await stage.server.event('call.speak.started');
  call.hangUp();
  expect((await stage.server.event('call.speak.ended')).payload).toMatchObject({
    status: 'call_hangup',
  });
});

test('a transfer is told as a new leg of the same session', async () => {
  const call = await connect();
  await stage.server.command(call.providerCallId, 'transfer', {
    to: '+15005550030',
    target_leg_client_state: 'eA==',
  });
  expect(await call.ended).toEqual({ by: 'forwarded', detail: '+15005550030' });
  await call.settled;
  const [, leg] = stage.server.of('call.initiated');
  expect(leg!.payload).toMatchObject({
    direction: 'outgoing',
    to: '+15005550030',
    from: call.to,
    client_state: 'eA==',
    call_session_id: call.callSessionId,
  });
  expect(leg!.payload['call_control_id']).not.toBe(call.providerCallId);
  expect(stage.server.of('call.bridged')).toHaveLength(2);
  expect(stage.server.of('call.hangup')).toHaveLength(2);
});

test('a transfer that nobody takes leaves the call as it was', async () => {
  const call = await connect({ dialOutcome: () => ({ status: 'busy' }) });
  await stage.server.command(call.providerCallId, 'transfer', { to: '+15005550030' });
  const ended = (await stage.server.event('call.hangup')).payload;
  expect(ended).toMatchObject({ hangup_cause: 'user_busy', to: '+15005550030' });
  expect(call.state).toBe('answered');
});
