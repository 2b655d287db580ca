import { twilioStage } from '../test-support/carrier-stage.ts';
import { ManualClock } from '@phone-agents/core/testing';
import type { CarrierFaults } from '../faults.ts';
import {
  connectStream,
  TestServer,
  twiml,
  type TestMediaSocket,
} from '../test-support/test-server.ts';
import type { TwilioCarrierOptions } from './twilio-carrier.ts';
import type { TwilioSimulatedCall } from './twilio-simulated-call.ts';

const stage = twilioStage();

async function connect(
  faults: CarrierFaults,
  options: TwilioCarrierOptions = {},
): Promise<{ call: TwilioSimulatedCall; socket: TestMediaSocket }> {
  await stage.open({ faults, ...options });
  const call = await stage.carrier.placeCall();
  return { call, socket: await stage.server.socket() };
}

/** Lets one second of audio pass and returns all messages of the stream after `start`, up to `stop`. */
async function oneSecond(call: TwilioSimulatedCall, socket: TestMediaSocket): Promise<string[]> {
  await stage.clock.advance(1_000);
  call.hangUp();
  await socket.wait('stop');
  return socket.texts.slice(2, -1).map((text) => text.replaceAll(socket.streamSid, 'MZ'));
}

function stamps(messages: readonly string[]): number[] {
  return messages.map((text) => Number(/"timestamp":"(\d+)"/.exec(text)?.[1]));
}

test('lost frames leave a gap in time, not in the numbering', async () => {
  const { call, socket } = await connect({ lostFrames: 0.3 });
  const messages = await oneSecond(call, socket);
  expect(messages.length).toBeGreaterThan(20);
  expect(messages.length).toBeLessThan(45);
  messages.forEach((text, i) => expect(text).toContain(`"chunk":"${i + 1}"`));
  const times = stamps(messages);
  expect(times.some((time, i) => i > 0 && time - times[i - 1]! > 20)).toBe(true);
});

test('duplicated frames come twice, word for word', async () => {
  const { call, socket } = await connect({ duplicatedFrames: 1 });
  const messages = await oneSecond(call, socket);
  expect(messages).toHaveLength(100);
  expect(messages[0]).toBe(messages[1]);
  expect(new Set(messages).size).toBe(50);
});

test('late frames come after later ones, with the time at which they were spoken', async () => {
  const { call, socket } = await connect({ lateFrames: { probability: 0.2, durationMs: 60 } });
  const messages = await oneSecond(call, socket);
  const times = stamps(messages);
  const late = times.filter((time, i) => i > 0 && time < times[i - 1]!);
  expect(late.length).toBeGreaterThan(0);
  expect(times.every((time, i) => Math.max(...times.slice(0, i + 1)) - time <= 60)).toBe(true);
});

test('a stall holds frames back and lets them go in one burst, in order', async () => {
  const { call, socket } = await connect({ stalls: { probability: 0.1, durationMs: 200 } });
  const counts: number[] = [];
  for (let i = 0; i < 50; i++) {
    await stage.clock.advance(20);
    await settledCount(socket, counts.at(-1) ?? 0);
    counts.push(socket.of('media').length);
  }
  call.hangUp();
  await socket.wait('stop');
  const times = stamps(socket.texts.slice(2, -1));
  expect(times).toEqual([...times].sort((a, b) => a - b));
  const steps = counts.map((count, i) => count - (counts[i - 1] ?? 0));
  expect(Math.max(...steps)).toBeGreaterThanOrEqual(5);
  expect(Math.min(...steps)).toBe(0);
});

test('malformed frames are broken in several ways', async () => {
  const { call, socket } = await connect({ malformedFrames: 1 });
  const messages = await oneSecond(call, socket);
  expect(messages).toHaveLength(50);
  expect(messages.filter((text) => text === '[]').length).toBeGreaterThan(0);
  expect(messages.filter((text) => text.includes('"payload":7')).length).toBeGreaterThan(0);
  expect(messages.filter((text) => text.includes('"media":null')).length).toBeGreaterThan(0);
  expect(messages.filter((text) => !text.endsWith('}') && text !== '[]').length).toBeGreaterThan(0);
});

test('the same seed gives the same faults, another seed others', async () => {
  const faults: CarrierFaults = {
    lostFrames: 0.1,
    duplicatedFrames: 0.1,
    malformedFrames: 0.1,
    lateFrames: { probability: 0.1, durationMs: 40 },
  };
  const runs: string[][] = [];
  for (const seed of [5, 5, 6]) {
    const { call, socket } = await connect(faults, { seed });
    runs.push(await oneSecond(call, socket));
    await stage.carrier.close();
    await stage.server.close();
    stage.clock = new ManualClock();
    stage.server = await TestServer.start();
  }
  expect(runs[1]).toEqual(runs[0]);
  expect(runs[2]).not.toEqual(runs[0]);
});

test('the socket drops without stop after its time, and only the first ones do when that is asked', async () => {
  stage.server.answer = () => twiml(connectStream(stage.server.mediaUrl, ' action="/again"'));
  const { call, socket } = await connect({ dropMediaAfterMs: 500, droppedSockets: 1 });
  await stage.clock.advance(499);
  expect(socket.socket.readyState).toBe(1);
  await stage.clock.advance(1);
  expect(await socket.closed).toBe(1006);
  expect(socket.of('stop')).toEqual([]);
  const second = await stage.server.socket(1);
  await stage.clock.advance(2_000);
  expect(second.socket.readyState).toBe(1);
  expect(stage.carrier.activeCalls).toEqual([call]);
});

describe('status callbacks', () => {
  beforeEach(() => {
    stage.server.answer = ({ url }) =>
      url === '/twilio/status' ? { status: 204 } : twiml('<Pause length="42"/><Reject/>');
  });

  function statuses(): (string | null)[] {
    return stage.server.to('/twilio/status').map(({ form }) => form.get('CallStatus'));
  }

  async function place(options: TwilioCarrierOptions): Promise<TwilioSimulatedCall> {
    const carrier = await stage.open(options);
    return carrier.placeCall();
  }

  test('by default only the end is told, with its duration and number', async () => {
    stage.server.answer = ({ url }) =>
      url === '/twilio/status' ? { status: 204 } : twiml(connectStream(stage.server.mediaUrl));
    const call = await place({});
    await stage.server.socket();
    await call.connected;
    await stage.clock.advance(42_000);
    call.hangUp();
    await call.settled;
    expect(stage.server.to('/twilio/status')).toHaveLength(1);
    expect(Object.fromEntries(stage.server.to('/twilio/status')[0]!.form)).toMatchObject({
      CallSid: call.providerCallId,
      CallStatus: 'completed',
      CallDuration: '42',
      Duration: '1',
      SipResponseCode: '200',
      CallbackSource: 'call-progress-events',
      SequenceNumber: '3',
      Timestamp: expect.stringMatching(/^Sun, 22 Nov 2026 \d\d:\d\d:\d\d \+0000$/) as string,
    });
  });

  test('a number may be subscribed to all of them', async () => {
    stage.server.answer = ({ url }) =>
      url === '/twilio/status' ? { status: 204 } : twiml('<Hangup/>');
    const call = await place({
      statusCallbacks: ['initiated', 'ringing', 'answered', 'completed'],
    });
    await call.settled;
    expect(statuses()).toEqual(['initiated', 'ringing', 'in-progress', 'completed']);
    expect(stage.server.to('/twilio/status').map(({ form }) => form.get('SequenceNumber'))).toEqual(
      ['0', '1', '2', '3'],
    );
  });

  test('none are sent to a number without a subscription', async () => {
    const call = await place({ statusCallbacks: [] });
    call.hangUp();
    await call.settled;
    expect(statuses()).toEqual([]);
  });

  test('they can be late', async () => {
    const call = await place({ faults: { statusCallbackDelayMs: 5_000 } });
    call.hangUp();
    await stage.clock.advance(4_999);
    expect(statuses()).toEqual([]);
    await stage.clock.advance(1);
    await call.settled;
    expect(statuses()).toEqual(['no-answer']);
  });

  test('they can come twice', async () => {
    const call = await place({ faults: { doubledStatusCallbacks: 1 } });
    call.hangUp();
    await call.settled;
    const [first, second] = stage.server.to('/twilio/status');
    expect(second!.body).toBe(first!.body);
  });

  test('they can overtake one another, and none is lost', async () => {
    stage.server.answer = ({ url }) =>
      url === '/twilio/status' ? { status: 204 } : twiml('<Hangup/>');
    const call = await place({
      statusCallbacks: ['ringing', 'answered', 'completed'],
      faults: { reorderedStatusCallbacks: 1 },
    });
    await call.settled;
    expect(statuses()).toEqual(['in-progress', 'ringing', 'completed']);
  });

  test('a server that fails on them does not disturb the call', async () => {
    stage.server.answer = ({ url }) =>
      url === '/twilio/status' ? { status: 500 } : twiml('<Hangup/>');
    const call = await place({});
    await call.settled;
    expect(await call.ended).toMatchObject({ by: 'server' });
    expect(call.warnings).toEqual([expect.objectContaining({ code: 11200 })]);
  });
});

/** Gives the loopback socket some turns of the event loop to deliver what was sent. */
async function settledCount(socket: TestMediaSocket, before: number): Promise<void> {
  for (let i = 0; i < 20 && socket.of('media').length === before; i++) await stage.clock.advance(0);
}
