import type { EdgeParticipant } from '@phone-agents/core';
import type { RestAnswer, RestReply, RestRequest } from './test-support/rest-server.ts';
import type { Talking } from './test-support/test-bench.ts';
import {
  CALL,
  FROM,
  TestBench,
  connectMedia,
  failing,
  mediaPath,
  report,
  untilState,
} from './test-support/test-bench.ts';

const SALES = '+15005550040';
const TARGET = 'v3:target';
const agent: EdgeParticipant = {
  join: async () => ({ createBriefing: () => agent, close: async () => {} }),
};

let bench: TestBench;
beforeAll(async () => (bench = await TestBench.start()));
afterEach(() => bench.reset());
afterAll(() => bench.close());

async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
}

function talk(): Promise<Talking> {
  return bench.talk(agent, { destinations: { sales: SALES } });
}

const refused: RestReply = {
  status: 422,
  body: { errors: [{ code: '10015', title: 'Bad Request', detail: 'no' }] },
};
const notStreaming: RestReply = {
  status: 422,
  body: { errors: [{ code: '90048', title: 'Call is not being streamed', detail: 'no' }] },
};

test('the same keys are sent again where they are asked for again, over the stream that stays', async () => {
  const { call, socket } = await talk();
  await call.sendDigits('12ww3#');
  await call.sendDigits('12ww3#');
  expect(bench.server.commands).toEqual(['answer', 'send_dtmf', 'send_dtmf']);
  expect(bench.server.command('send_dtmf').body).toMatchObject({ digits: '12ww3#' });
  expect(socket.closedWith).toBeUndefined();
  expect(call.state).toBe('streaming');
});

test('a recording is begun with our id, and ended', async () => {
  const { call } = await talk();
  await call.startRecording();
  await call.startRecording();
  await call.stopRecording();
  await call.startRecording({ channels: 'mono' });
  expect(bench.server.commands).toEqual(['answer', 'record_start', 'record_stop', 'record_start']);
  expect(bench.server.command('record_start').body).toMatchObject({
    channels: 'dual',
    format: 'wav',
    client_state: Buffer.from(JSON.stringify({ call: call.id })).toString('base64'),
  });
});

describe('a cold transfer', () => {
  test('shows the caller’s number, ends our stream, and what becomes of that ends nothing', async () => {
    const talking = await talk();
    const { call, clock } = talking;
    expect(await call.transfer('sales', { timeoutMs: 20_000 })).toEqual({ outcome: 'transferred' });
    expect(bench.server.commands).toEqual(['answer', 'transfer', 'streaming_stop']);
    expect(bench.server.command('transfer').body).toMatchObject({
      to: SALES,
      from: FROM,
      diversion: call.to,
      timeout_secs: 20,
    });
    expect((await call.ended).reason).toBe('transferred');
    await report(talking, 'streaming.stopped');
    await report(talking, 'streaming.failed');
    await settled();
    await clock.advance(10_000);
    expect(bench.server.commands).toEqual(['answer', 'transfer', 'streaming_stop']);
  });

  test('that is refused leaves the call as it was, and its stream is watched again', async () => {
    const talking = await talk();
    const { call } = talking;
    bench.server.respond = failing('transfer', refused);
    await expect(call.transfer('sales')).rejects.toMatchObject({ providerCode: '10015' });
    expect(call.state).toBe('streaming');
    await report(talking, 'streaming.failed');
    await settled();
    expect((await call.ended).reason).toBe('media-lost');
  });

  test('of a call without a stream needs none to be stopped', async () => {
    const { call } = await talk();
    bench.server.respond = failing('streaming_stop', notStreaming);
    expect((await call.transfer('sales')).outcome).toBe('transferred');
  });
});

describe('a warm transfer', () => {
  /** A target that talks with its agent. */
  async function accept(
    respond: (request: RestRequest) => RestAnswer | undefined = () => undefined,
  ) {
    bench.server.respond = (request) =>
      request.path === '/v2/calls'
        ? { status: 200, body: { data: { call_control_id: TARGET } } }
        : respond(request);
    const opened = bench.open(agent, { callControlAppId: '1' }, { destinations: { sales: SALES } });
    await report(opened, 'call.initiated');
    await bench.server.until('answer');
    await connectMedia(opened.phone, mediaPath(bench.server.command('answer')));
    const call = opened.calls[0]!;
    await untilState(call, 'streaming');
    await settled();
    const result = call.transfer('sales', { announcement: 'A caller.' });
    await bench.server.until('calls');
    while (opened.calls[1]?.providerCallId === undefined) await settled();
    const target = opened.calls[1];
    await report(opened, 'call.answered', { call_control_id: TARGET });
    await untilState(target, 'answered');
    target.answerTransfer(true);
    return { ...opened, call, target, result };
  }

  test('stops both streams before it bridges the legs', async () => {
    const { call, target, result } = await accept();
    expect((await result).outcome).toBe('transferred');
    const commands = bench.server.commands.slice(2);
    expect(commands).toEqual(['streaming_stop', 'streaming_stop', 'bridge']);
    const { body, path } = bench.server.command('bridge');
    expect(path).toContain(encodeURIComponent(CALL).replaceAll('%3A', ':'));
    expect(body).toMatchObject({ call_control_id: TARGET });
    expect((await call.ended).reason).toBe('transferred');
    expect((await target.ended).reason).toBe('transferred');
  });

  test('that Telnyx does not bridge ends the target’s call only', async () => {
    const { call, target, result } = await accept(failing('bridge', refused));
    expect((await result).outcome).toBe('failed');
    expect((await target.ended).reason).toBe('hung-up');
    expect(call.endInfo).toBeUndefined();
    const hangUp = bench.server.command('hangup');
    expect(hangUp.path).toContain(TARGET);
  });
});
