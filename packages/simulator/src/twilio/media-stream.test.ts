import { twilioStage } from '../test-support/carrier-stage.ts';
import { decodeMulaw, decodeWav, encodeMulaw } from '@phone-agents/core';
import {
  connectStream,
  twiml,
  mediaOf,
  type TestMediaSocket,
} from '../test-support/test-server.ts';
import type { TwilioCarrierOptions } from './twilio-carrier.ts';
import type { TwilioSimulatedCall } from './twilio-simulated-call.ts';
import { signTwilioRequest } from './twilio-signature.ts';

const stage = twilioStage();

const SILENCE = Buffer.alloc(160, 0xff).toString('base64');

async function connect(
  options: TwilioCarrierOptions = {},
): Promise<{ call: TwilioSimulatedCall; socket: TestMediaSocket }> {
  await stage.open(options);
  const call = await stage.carrier.placeCall();
  const socket = await stage.server.socket();
  expect(await call.connected).toBe(true);
  return { call, socket };
}

/** Waits until the carrier has read all that the server sent so far: it answers this mark in order. */
async function flushed(socket: TestMediaSocket): Promise<void> {
  const before = socket.of('mark').length;
  socket.sendClear();
  socket.sendMark('flush');
  await socket.wait('mark', before + 1);
}

test('the upgrade is signed, and connected and start come first', async () => {
  stage.server.answer = () =>
    twiml(connectStream(stage.server.mediaUrl, '', '<Parameter name="session" value="c1"/>'));
  const { call, socket } = await connect();
  expect(socket.path).toBe('/twilio/media/c1/secret');
  expect(socket.headers['x-twilio-signature']).toBe(
    signTwilioRequest(stage.carrier.authToken, stage.server.mediaUrl),
  );
  expect(socket.messages[0]).toEqual({ event: 'connected', protocol: 'Call', version: '1.0.0' });
  expect(socket.messages[1]).toMatchObject({
    event: 'start',
    sequenceNumber: '1',
    start: {
      accountSid: stage.carrier.accountSid,
      callSid: call.providerCallId,
      customParameters: { session: 'c1' },
    },
  });
  expect(socket.streamSid).toMatch(/^MZ[\da-f]{32}$/);
  expect(call.status).toBe('in-progress');
});

test('a wss address that the server believes it has is signed without its port and found here', async () => {
  stage.server.answer = () =>
    twiml(connectStream('wss://agent.example.test:8443/twilio/media/c1/s'));
  const { socket } = await connect({ publicUrl: 'https://agent.example.test:8443' });
  expect(socket.path).toBe('/twilio/media/c1/s');
  expect(socket.headers['x-twilio-signature']).toBe(
    signTwilioRequest(stage.carrier.authToken, 'wss://agent.example.test/twilio/media/c1/s'),
  );
});

test('silence is sent every 20 ms, numbered and stamped', async () => {
  const { socket } = await connect();
  await stage.clock.advance(1_000);
  const media = await socket.wait('media', 50);
  expect(media).toHaveLength(50);
  media.forEach((message, i) => {
    expect(message['sequenceNumber']).toBe(String(i + 2));
    expect(mediaOf(message)).toEqual({
      track: 'inbound',
      chunk: String(i + 1),
      timestamp: String((i + 1) * 20),
      payload: SILENCE,
    });
  });
});

test('what the caller says arrives as mu-law, in real time', async () => {
  const { call, socket } = await connect();
  const samples = Int16Array.from({ length: 400 }, (_, i) => i * 10);
  let said = false;
  void call.speak(samples).then(() => (said = true));
  await stage.clock.advance(40);
  expect(said).toBe(false);
  await stage.clock.advance(20);
  expect(said).toBe(true);
  const media = await socket.wait('media', 3);
  const bytes = Buffer.concat(
    media.map((message) => Buffer.from(mediaOf(message).payload, 'base64')),
  );
  expect([...bytes.subarray(0, 400)]).toEqual([...encodeMulaw(samples)]);
  expect(new Set(bytes.subarray(400))).toEqual(new Set([0xff]));
});

test('keys arrive as dtmf messages', async () => {
  const { call, socket } = await connect();
  call.press('5#');
  await stage.clock.advance(400);
  const digits = await socket.wait('dtmf', 2);
  expect(digits.map((message) => message['dtmf'])).toEqual([
    { track: 'inbound_track', digit: '5' },
    { track: 'inbound_track', digit: '#' },
  ]);
  expect(digits[0]!['sequenceNumber']).toMatch(/^\d+$/);
});

test('server audio is heard in real time, with exact figures of what was played', async () => {
  const { call, socket } = await connect();
  const heard: number[] = [];
  call.onHeard((frame) => heard.push(...frame.samples));
  const bytes = Uint8Array.from({ length: 4_000 }, (_, i) => i % 255);
  socket.sendAudio(bytes);
  socket.sendMark('half a second');
  await carrierHas(() => call.bufferedMs === 500);
  await stage.clock.advance(120);
  expect(call.playedMs).toBeCloseTo(stage.clock.now() - call.heardAtMs(0)!, 5);
  expect(call.playedMs + call.bufferedMs).toBe(500);
  expect(socket.of('mark')).toEqual([]);
  await stage.clock.advance(400);
  expect(call.playedMs).toBe(500);
  expect(call.bufferedMs).toBe(0);
  await socket.wait('mark');
  expect(socket.of('mark')[0]!['mark']).toEqual({ name: 'half a second' });
  const all = [...decodeMulaw(bytes)];
  const first = heard.indexOf(all[0]!);
  expect(heard.slice(first, first + 4_000)).toEqual(all);
  expect(call.heardSpans).toHaveLength(1);
  expect(call.heardAtMs(3_999)! - call.heardAtMs(0)!).toBeCloseTo(499.875, 5);
});

test('a mark comes back at once when nothing is held', async () => {
  const { socket } = await connect();
  socket.sendMark('now');
  const [mark] = await socket.wait('mark');
  expect(mark).toEqual({
    event: 'mark',
    streamSid: socket.streamSid,
    sequenceNumber: '2',
    mark: { name: 'now' },
  });
});

test('clear stops at once and returns all marks', async () => {
  const { call, socket } = await connect();
  socket.sendAudio(new Uint8Array(80_000).fill(0x20));
  socket.sendMark('a');
  socket.sendMark('b');
  await carrierHas(() => call.bufferedMs === 10_000);
  await stage.clock.advance(190);
  socket.sendClear();
  await socket.wait('mark', 2);
  const { playedMs } = call;
  expect(call.bufferedMs).toBe(0);
  expect(playedMs).toBeGreaterThanOrEqual(170);
  expect(playedMs).toBeLessThanOrEqual(190);
  const late: number[] = [];
  await stage.clock.advance(20);
  call.onHeard((frame) => late.push(...frame.samples.filter((sample) => sample !== 0)));
  await stage.clock.advance(200);
  expect(late).toEqual([]);
  expect(call.playedMs).toBe(playedMs);
  expect(socket.of('mark').map((message) => message['mark'])).toEqual([
    { name: 'a' },
    { name: 'b' },
  ]);
});

test('wrong messages are noted as warnings, and the call goes on', async () => {
  const { call, socket } = await connect();
  socket.send('not JSON');
  socket.send({ event: 'media', streamSid: 'MZ00', media: { payload: SILENCE } });
  socket.send({ event: 'clear', streamSid: socket.streamSid, extra: 1 });
  socket.socket.send(Buffer.from([1, 2, 3]));
  await flushed(socket);
  expect(call.warnings.map(({ code }) => code)).toEqual([31951, 31951, 31951, 31950]);
  expect(call.bufferedMs).toBe(0);
  expect(stage.carrier.activeCalls).toEqual([call]);
});

test('the recording has the caller left and the server right', async () => {
  const { call, socket } = await connect();
  socket.sendAudio(new Uint8Array(800).fill(0x10));
  await carrierHas(() => call.bufferedMs === 100);
  void call.speak(new Int16Array(800).fill(-5_000));
  await stage.clock.advance(300);
  call.hangUp();
  const { channels } = decodeWav(call.recording());
  const loud = (samples: Int16Array): number => samples.filter((sample) => sample !== 0).length;
  expect(channels[0]!.length).toBeGreaterThanOrEqual(2_400);
  expect(loud(channels[0]!)).toBe(800);
  expect(loud(channels[1]!)).toBe(800);
});

/** Waits for the carrier to have read something: turns of the event loop, not time. */
async function carrierHas(condition: () => boolean): Promise<void> {
  while (!condition()) await stage.clock.advance(0);
}
