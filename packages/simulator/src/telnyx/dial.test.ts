import { errorCode, RTP_STREAM, TelnyxTestServer } from '../test-support/telnyx-test-server.ts';
import { createTelnyxCarrier, type TelnyxCarrier } from './telnyx-carrier.ts';

let server: TelnyxTestServer;
let carrier: TelnyxCarrier;

beforeEach(async () => {
  server = await TelnyxTestServer.start();
  carrier = await createTelnyxCarrier({ webhookUrl: server.url });
  server.carrier = carrier;
});

afterEach(async () => {
  await carrier.close();
  await server.close();
});

const TO = '+15005550030';
const STATE = Buffer.from('{"call":"c1"}').toString('base64');

function dial(body: Readonly<Record<string, unknown>> = {}) {
  return server.rest('POST', '/calls', {
    connection_id: carrier.connectionId,
    to: TO,
    from: '+15005550020',
    client_state: STATE,
    ...body,
  });
}

test('a call is placed, told of, and streamed once it is answered', async () => {
  const { body, status } = await dial({ stream_url: server.mediaUrl, ...RTP_STREAM });
  expect(status).toBe(200);
  const [call] = carrier.dialled;
  expect(body['data']).toMatchObject({ call_control_id: call!.providerCallId, is_alive: false });
  const { payload } = await server.event('call.initiated');
  expect(payload).toMatchObject({ direction: 'outgoing', client_state: STATE, to: TO });
  expect((await server.event('call.answered')).payload).toMatchObject({ client_state: STATE });
  expect(await call!.connected).toBe(true);
  const active = await server.rest('GET', `/connections/${carrier.connectionId}/active_calls`);
  expect(active.body['data']).toMatchObject([
    { call_control_id: call!.providerCallId, client_state: STATE },
  ]);
  call!.hangUp();
  expect((await server.event('call.hangup')).payload).toMatchObject({
    hangup_cause: 'normal_clearing',
    hangup_source: 'caller',
  });
  const filter = `filter[leg_id]=${call!.callLegId}`;
  const events = await server.rest('GET', `/call_events?${filter}`);
  const names = (events.body['data'] as { name: string }[]).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['call.initiated', 'call.answered', 'call.hangup']));
});

test.each([
  ['busy', 'user_busy', '486', 'rejected'],
  ['reject', 'call_rejected', '603', 'rejected'],
  ['fail', 'not_found', '404', 'failed'],
] as const)('a phone that does %s', async (does, hangup_cause, sip_hangup_cause, by) => {
  carrier.setPhone(TO, { does, afterMs: 10 });
  await dial();
  expect((await server.event('call.hangup')).payload).toMatchObject({
    hangup_cause,
    sip_hangup_cause,
    call_quality_stats: null,
  });
  expect((await carrier.dialled[0]!.ended).by).toBe(by);
});

test('the same command does not ring a second phone', async () => {
  carrier.setPhone(TO, { does: 'ring' });
  const first = await dial({ command_id: 'one' });
  const again = await dial({ command_id: 'one' });
  const other = await dial({ command_id: 'two' });
  expect(carrier.dialled).toHaveLength(2);
  const idOf = ({ body }: typeof first) => (body['data'] as Record<string, unknown>)['call_leg_id'];
  expect(idOf(again)).toBe(idOf(first));
  expect(idOf(other)).not.toBe(idOf(first));
});

test.each([
  ['machine', 'premium', ['call.machine.premium.detection.ended', 'machine']],
  ['answer', 'premium', ['call.machine.premium.detection.ended', 'human_residence']],
  ['answer', 'detect', ['call.machine.detection.ended', 'human']],
] as const)('detection at a phone that does %s: %s', async (does, mode, [name, result]) => {
  carrier.setPhone(TO, { does, afterMs: 10 });
  await dial({ answering_machine_detection: mode });
  expect((await server.event(name)).payload).toMatchObject({ result, client_state: STATE });
});

test.each<[string, Record<string, unknown>, string]>([
  ['no number', { to: undefined }, '10004'],
  ['a number that is none', { to: '5550030' }, '10016'],
  ['a caller that is none', { from: 'us' }, '10016'],
  ['a state that is not base64', { client_state: '{}' }, '90017'],
  ['a ringing time that is too short', { timeout_secs: 2 }, '90028'],
  ['a limit that is too short', { time_limit_secs: 30 }, '90029'],
  ['a detection that is none', { answering_machine_detection: 'maybe' }, '10032'],
  ['a stream that is none', { stream_url: 'http://x' }, '10003'],
  ['an application that is not there', { connection_id: '1' }, '10015'],
])('%s is refused', async (_what, body, code) => {
  const reply = await dial(body);
  expect(reply.status).toBe(422);
  expect(errorCode(reply)).toBe(code);
  expect(carrier.dialled).toHaveLength(0);
});

test('a number that may not be called is refused', async () => {
  carrier.setPhone(TO, { does: 'refuse' });
  expect((await dial()).status).toBe(403);
});

describe('commands for calls that were answered', () => {
  async function answered(to: string) {
    const before = carrier.dialled.length;
    await dial({ to });
    const call = carrier.dialled[before]!;
    while (call.state !== 'answered') await new Promise((resolve) => setTimeout(resolve, 10));
    return call;
  }

  test('bridged legs hear each other, and end together', async () => {
    const first = await answered(TO);
    const second = await answered('+15005550031');
    const reply = await server.command(first.providerCallId, 'bridge', {
      call_control_id: second.providerCallId,
    });
    expect(reply.status).toBe(200);
    await server.event('call.bridged');
    let loudest = 0;
    second.onHeard(({ samples }) => (loudest = Math.max(loudest, ...samples)));
    await first.speak(new Int16Array(1_600).fill(5_000));
    while (loudest !== 5_000) await new Promise((resolve) => setTimeout(resolve, 10));
    second.hangUp();
    expect((await first.ended).by).toBe('server');
  });

  test('keys are heard and kept; a recording is told of without the leg’s control id', async () => {
    const call = await answered(TO);
    const { providerCallId: id } = call;
    expect((await server.command(id, 'send_dtmf', { digits: '1w#' })).status).toBe(200);
    const recording = { channels: 'dual', format: 'wav' };
    expect((await server.command(id, 'record_start', recording)).status).toBe(200);
    expect((await server.command(id, 'record_stop')).status).toBe(200);
    const { payload } = await server.event('call.recording.saved');
    expect(payload).not.toHaveProperty('call_control_id');
    expect(payload).toMatchObject({ call_leg_id: call.callLegId, channels: 'dual' });
    expect(call.receivedDigits).toBe('1w#');
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['bridge', {}, '10004'],
    ['bridge', { call_control_id: 'v3:nobody' }, '90015'],
    ['send_dtmf', {}, '10004'],
    ['send_dtmf', { digits: 'x' }, '10015'],
    ['record_start', { format: 'wav' }, '10004'],
    ['record_start', { channels: 'dual' }, '10004'],
  ])('%s with %j is refused', async (action, body, code) => {
    const call = await answered(TO);
    expect(errorCode(await server.command(call.providerCallId, action, body))).toBe(code);
  });
});
