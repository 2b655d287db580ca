import { TestMediaSocket } from '@phone-agents/core/testing';
import type { RestServer } from './test-support/rest-server.ts';
import type { Taker, Talking } from './test-support/test-bench.ts';
import {
  FROM,
  TestBench,
  connectMedia,
  ended,
  failing,
  mediaPath,
  messages,
  postBody,
  report,
  untilState,
} from './test-support/test-bench.ts';

let bench: TestBench;
let server: RestServer;
beforeAll(async () => {
  bench = await TestBench.start();
  server = bench.server;
});
afterEach(() => bench.reset());
afterAll(() => bench.close());

const open: TestBench['open'] = (...options) => bench.open(...options);
const talk: TestBench['talk'] = (...options) => bench.talk(...options);

describe('a stream that is lost', () => {
  test('goes on when Telnyx dials the same address again', async () => {
    const { phone, socket, path, call } = await talk();
    socket.lose();
    await untilState(call, 'reconnecting');
    await connectMedia(phone, path);
    await untilState(call, 'streaming');
    expect(call.endInfo).toBeUndefined();
    expect(server.commands).toEqual(['answer']);
  });

  test('cannot be dialled by another call', async () => {
    const { phone, socket, path, call } = await talk();
    socket.lose();
    await untilState(call, 'reconnecting');
    const admission = await phone.admitMedia({ path, query: '', headers: {} });
    const other = new TestMediaSocket();
    admission.accept(other);
    const body = messages['in-start']!['start'] as object;
    other.receive({ ...messages['in-start'], start: { ...body, call_control_id: 'v3:other' } });
    await new Promise((resolve) => setImmediate(resolve));
    expect(other.closedWith).toBe(1008);
  });

  test('and stopped by Telnyx is started anew at another address', async () => {
    const { socket, path, call, clock, phone, ...rest } = await talk();
    socket.lose();
    await untilState(call, 'reconnecting');
    await report({ phone, clock, ...rest }, 'streaming.stopped');
    await clock.advance(2_000);
    await server.until('streaming_start');
    const next = mediaPath(server.command('streaming_start'));
    expect(next).not.toBe(path);
    await connectMedia(phone, next);
    await untilState(call, 'streaming');
    expect(call.endInfo).toBeUndefined();
  });

  test('for good ends the call', async () => {
    const opened = await talk();
    opened.socket.lose();
    await opened.clock.advance(60_000);
    await expect(opened.call.ended).resolves.toMatchObject({ reason: 'media-lost' });
    expect(server.commands).toEqual(['answer', 'hangup']);
  });

  test('by Telnyx’s word (streaming.failed) ends the call instead of a silent line', async () => {
    const opened = await talk();
    await report(opened, 'streaming.failed');
    await expect(opened.call.ended).resolves.toMatchObject({
      reason: 'media-lost',
      providerCause: 'connection_failed',
    });
    expect(server.commands).toEqual(['answer', 'hangup']);
  });

  test('a late word of another stream than the open one ends nothing', async () => {
    const opened = await talk();
    await report(opened, 'streaming.failed', { stream_id: 'the-one-before' });
    await opened.clock.advance(5_000);
    expect(opened.call.state).toBe('streaming');
  });

  test('a stream that never opened ends the call too', async () => {
    const opened = open();
    await report(opened, 'call.initiated');
    await server.until('answer');
    await report(opened, 'call.answered');
    await report(opened, 'streaming.failed');
    await server.until('hangup');
    await expect(opened.calls[0]!.ended).resolves.toMatchObject({ reason: 'media-timeout' });
  });

  test('a stream that stops is hung up where Telnyx says nothing of the call’s end', async () => {
    const opened = await talk();
    opened.socket.receive(messages['in-stop']);
    await opened.call.ended;
    await report(opened, 'streaming.stopped');
    await opened.clock.advance(1_999);
    expect(server.commands).toEqual(['answer']);
    await opened.clock.advance(1);
    await server.until('hangup');
  });

  test('a stream that stops because the caller has hung up needs no command', async () => {
    const opened = await talk();
    opened.socket.receive(messages['in-stop']);
    await report(opened, 'streaming.stopped');
    await report(opened, 'call.hangup');
    await expect(opened.call.ended).resolves.toMatchObject({ reason: 'remote-hung-up' });
    // Nothing is waited for any more.
    expect(opened.clock.timerCount).toBe(0);
    await opened.clock.advance(5_000);
    expect(server.commands).toEqual(['answer']);
  });
});

describe('keys', () => {
  async function pressing(): Promise<Talking & { readonly keys: string[] }> {
    const talking = await talk();
    const keys: string[] = [];
    talking.call.on('digit-received', ({ digit }) => void keys.push(digit));
    return { ...talking, keys };
  }

  const dtmf = (digit: string) => ({ ...messages['in-dtmf'], dtmf: { digit } });

  test('that come over the socket and by webhook count once, in either order', async () => {
    const opened = await pressing();
    await report(opened, 'call.dtmf.received', { digit: '5' });
    await opened.clock.advance(20);
    opened.socket.receive(dtmf('5'));
    opened.socket.receive(dtmf('#'));
    await report(opened, 'call.dtmf.received', { digit: '#' });
    await opened.clock.advance(20);
    expect(opened.keys).toEqual(['5', '#']);
  });

  test('come by webhook while there is no stream; one that the socket still brought does not', async () => {
    const opened = await pressing();
    opened.socket.receive(dtmf('5'));
    opened.socket.lose();
    await untilState(opened.call, 'reconnecting');
    await report(opened, 'call.dtmf.received', { digit: '5' });
    await report(opened, 'call.dtmf.received', { digit: '5' });
    await report(opened, 'call.dtmf.received', { digit: '9' });
    await opened.clock.advance(20);
    expect(opened.keys).toEqual(['5', '5', '9']);
  });

  test('that are none are ignored', async () => {
    const opened = await pressing();
    opened.socket.lose();
    await untilState(opened.call, 'reconnecting');
    for (const digit of ['x', '', 5, undefined]) {
      await report(opened, 'call.dtmf.received', { digit });
    }
    await opened.clock.advance(20);
    expect(opened.keys).toEqual([]);
  });
});

describe('the end of a call', () => {
  test('hanging up goes by REST, and then the socket closes', async () => {
    const { call, socket } = await talk();
    await call.hangUp();
    expect(server.commands).toEqual(['answer', 'hangup']);
    expect(socket.closedWith).toBeDefined();
  });

  test('a call that is gone already counts as hung up', async () => {
    const { call, logger } = await talk();
    server.respond = failing('hangup', ended);
    await call.hangUp();
    expect(logger.at('error')).toEqual([]);
  });

  test('an agent that fails leaves an apology by Telnyx’s voice, then a hang-up', async () => {
    const broken: Taker = { handleMedia: () => Promise.reject(new Error('lost my voice')) };
    const opened = await talk(broken, { apology: 'Sorry.' });
    await opened.call.ended;
    expect(server.command('speak').body).toMatchObject({ payload: 'Sorry.' });
    await report(opened, 'call.playback.ended', {}, { event_type: 'call.speak.ended' });
    await server.until('hangup');
    expect(server.commands).toEqual(['answer', 'speak', 'hangup']);
  });

  test('an apology that Telnyx does not take hangs up', async () => {
    const broken: Taker = { handleMedia: () => Promise.reject(new Error('lost my voice')) };
    server.respond = failing('speak', { status: 422, body: { errors: [{ code: '90034' }] } });
    const opened = await talk(broken);
    await opened.call.ended;
    await server.until('hangup');
    expect(server.commands).toEqual(['answer', 'hangup']);
  });

  test.each([
    ['normal_clearing', 'remote-hung-up'],
    ['time_limit', 'remote-hung-up'],
    ['newly_invented', 'remote-hung-up'],
  ])('of one that was answered, by %s, is the other side’s', async (hangup_cause, reason) => {
    const opened = await talk();
    await report(opened, 'call.hangup', { hangup_cause });
    await expect(opened.call.ended).resolves.toMatchObject({
      reason,
      providerCause: `${hangup_cause}, SIP 200`,
    });
    expect(server.commands).toEqual(['answer']);
  });

  test.each([
    ['originator_cancel', 'canceled'],
    ['normal_clearing', 'canceled'],
    ['user_busy', 'busy'],
    ['call_rejected', 'busy'],
    ['timeout', 'no-answer'],
    ['no_answer', 'no-answer'],
    ['not_found', 'failed'],
    ['unspecified', 'failed'],
    [undefined, 'failed'],
  ])('of one that was not answered, by %s, is %s', async (hangup_cause, reason) => {
    const opened = open();
    await report(opened, 'call.initiated');
    await server.until('answer');
    await report(opened, 'call.hangup', { hangup_cause, sip_hangup_cause: undefined });
    await opened.clock.advance(0);
    await expect(opened.calls[0]!.ended).resolves.toMatchObject({
      reason,
      providerCause: hangup_cause,
    });
  });
});

test('no number, token, key or stream address passes whole into the log', async () => {
  const opened = await talk();
  const token = opened.path.split('/').at(-1)!;
  const stream_url = `wss://agent.example.test${opened.path}`;
  opened.socket.receive({ event: FROM, secret: 'one-time-value' });
  opened.socket.receive('{"broken');
  await postBody(opened, '{}', { signature: 'wrong' });
  await report(opened, 'streaming.started', { stream_url });
  server.respond = failing('hangup', {
    status: 422,
    body: { errors: [{ code: '10016', title: 'No', detail: `${FROM} ${stream_url}` }] },
  });
  await report(opened, 'streaming.failed', { failure_reason: `no connection to ${stream_url}` });
  await opened.call.ended;
  expect(opened.logger.lines.length).toBeGreaterThan(5);
  const log = JSON.stringify(opened.logger.lines);
  for (const secret of [FROM, '+15005550020', token, 'KEY0123456789abcdef', 'ADA LOVELACE']) {
    expect(log).not.toContain(secret);
  }
});
