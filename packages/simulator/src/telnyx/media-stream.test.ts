import { telnyxStage } from '../test-support/carrier-stage.ts';
import {
  decodeAlaw,
  decodeMulaw,
  decodeWav,
  encodeAlaw,
  encodeL16,
  encodeMulaw,
} from '@phone-agents/core';
import { toneSamples, toneShare } from '@phone-agents/core/testing';
import { mediaOf, type TestMediaSocket } from '../test-support/test-server.ts';
import { sendAudio, sendMark } from '../test-support/telnyx-test-server.ts';
import type { TelnyxCarrierOptions } from './telnyx-carrier-options.ts';
import type { TelnyxSimulatedCall } from './telnyx-simulated-call.ts';

const stage = telnyxStage();

interface Connected {
  readonly call: TelnyxSimulatedCall;
  readonly socket: TestMediaSocket;
}

/** A call that is answered with a stream. */
async function connect(
  options: TelnyxCarrierOptions = {},
  stream: Readonly<Record<string, unknown>> = {},
): Promise<Connected> {
  stage.server.onCall = (id) => void stage.server.answer(id, stream);
  await stage.open(options);
  const call = await stage.carrier.placeCall();
  const socket = await stage.server.socket();
  expect(await call.connected).toBe(true);
  return { call, socket };
}

/** A call that is answered, and gets its stream by a command of its own. */
async function connectByCommand(
  options: TelnyxCarrierOptions,
  stream: Readonly<Record<string, unknown>>,
): Promise<Connected> {
  stage.server.onCall = (id) => void stage.server.command(id, 'answer');
  await stage.open(options);
  const call = await stage.carrier.placeCall();
  await stage.server.event('call.answered');
  const body = { stream_url: stage.server.mediaUrl, stream_bidirectional_mode: 'rtp', ...stream };
  expect(await stage.server.command(call.providerCallId, 'streaming_start', body)).toMatchObject({
    status: 200,
  });
  return { call, socket: await stage.server.socket() };
}

function bytesOf(messages: readonly Record<string, unknown>[]): Buffer {
  return Buffer.concat(messages.map((message) => Buffer.from(mediaOf(message).payload, 'base64')));
}

/** Waits for the carrier to have read something: turns of the event loop, not time. */
async function carrierHas(condition: () => boolean): Promise<void> {
  const own = stage.clock;
  // A test that was given up must not go on turning the clock.
  while (!condition() && stage.clock === own) await own.advance(0);
}

test('connected and start come first, and the server is told by webhook', async () => {
  const { call, socket } = await connect({}, { client_state: 'YzE=' });
  expect(socket.path).toBe('/telnyx/media/c1/secret');
  expect(socket.headers['x-telnyx-streaming-auth-token']).toBeUndefined();
  expect(socket.messages[0]).toEqual({ event: 'connected', version: '1.0.0' });
  const { stream_id: streamId } = socket.messages[1]!;
  expect(socket.messages[1]).toEqual({
    event: 'start',
    sequence_number: '1',
    start: {
      user_id: expect.stringMatching(/^[\da-f-]{36}$/) as string,
      call_control_id: call.providerCallId,
      call_session_id: call.callSessionId,
      from: call.from,
      to: call.to,
      tags: [],
      client_state: 'YzE=',
      media_format: { encoding: 'PCMU', sample_rate: 8000, channels: 1 },
    },
    stream_id: streamId,
  });
  expect((await stage.server.event('streaming.started')).payload).toMatchObject({
    call_control_id: call.providerCallId,
    client_state: 'YzE=',
    stream_id: streamId,
    stream_url: stage.server.mediaUrl,
  });
  expect((await stage.server.event('call.answered')).payload).toMatchObject({
    state: 'answered',
    codec: 'PCMU',
    sampling_rate: 8000,
    stream_url: stage.server.mediaUrl,
    stream_track: 'inbound_track',
  });
});

test('a stream auth token comes as header and in connected; custom parameters in start', async () => {
  const { socket } = await connectByCommand(
    {},
    {
      stream_auth_token: 'one-time-value',
      custom_parameters: [{ name: 'session', value: 'c1' }],
    },
  );
  expect(socket.headers['x-telnyx-streaming-auth-token']).toBe('one-time-value');
  expect(socket.messages[0]).toEqual({
    event: 'connected',
    version: '1.0.0',
    connected: { 'x-telnyx-streaming-auth-token': 'one-time-value' },
  });
  expect(socket.messages[1]!['start']).toMatchObject({ custom_parameters: { session: 'c1' } });
});

test('what answer does not know is ignored, and warned of', async () => {
  const { call, socket } = await connect(
    {},
    { stream_auth_token: 'lost', stream_bidirectional_sampling_rate: 16000 },
  );
  expect(socket.headers['x-telnyx-streaming-auth-token']).toBeUndefined();
  expect(call.warnings).toEqual([
    {
      code: 0,
      message:
        'answer does not know stream_bidirectional_sampling_rate, stream_auth_token: use streaming_start.',
    },
  ]);
});

test.each([
  ['PCMU', 8000, 160, 0xff],
  ['PCMA', 8000, 160, 0xd5],
  ['L16', 16000, 640, 0],
] as const)(
  'silence on a %s leg is sent every 20 ms, numbered and stamped',
  async (codec, rate, size, byte) => {
    const { call, socket } = await connect({ codec });
    expect(call.sampleRate).toBe(rate);
    expect(socket.of('start')[0]!['start']).toMatchObject({
      media_format: { encoding: codec, sample_rate: rate, channels: 1 },
    });
    await stage.clock.advance(1_000);
    const media = await socket.wait('media', 50);
    expect(media).toHaveLength(50);
    const payload = Buffer.alloc(size, byte).toString('base64');
    media.forEach((message, i) => {
      expect(message).toEqual({
        event: 'media',
        sequence_number: String(i + 2),
        media: { track: 'inbound', chunk: String(i + 1), timestamp: String((i + 1) * 20), payload },
        stream_id: socket.of('start')[0]!['stream_id'],
      });
    });
  },
);

test('each direction has its own codec: A-law from the caller, mu-law from the server', async () => {
  const { call, socket } = await connect({ codec: 'PCMA' });
  const spoken = Int16Array.from({ length: 320 }, (_, i) => i * 50);
  void call.speak(spoken);
  const heard: number[] = [];
  call.onHeard((frame) => heard.push(...frame.samples));
  const bytes = encodeMulaw(spoken);
  sendAudio(socket, bytes);
  await carrierHas(() => call.bufferedMs === 40);
  await stage.clock.advance(100);
  const media = await socket.wait('media', 2);
  expect([...bytesOf(media.slice(0, 2))]).toEqual([...encodeAlaw(spoken)]);
  expect([...decodeAlaw(bytesOf(media.slice(0, 2)))]).not.toEqual([...decodeMulaw(bytes)]);
  const first = heard.findIndex((sample) => sample !== 0);
  const expected = [...decodeMulaw(bytes)];
  const leading = expected.findIndex((sample) => sample !== 0);
  expect(heard.slice(first, first + 320 - leading)).toEqual(expected.slice(leading));
});

test.each(['little-endian', 'big-endian'] as const)(
  'L16 at 16 kHz goes both ways in %s order, and carries what a narrow line does not',
  async (byteOrder) => {
    const { call, socket } = await connectByCommand(
      { codec: 'L16', l16ByteOrder: byteOrder },
      { stream_bidirectional_codec: 'L16', stream_bidirectional_sampling_rate: 16000 },
    );
    expect(call.sampleRate).toBe(16000);
    const tone = toneSamples(6_000, 16000, 400);
    void call.speak(tone);
    sendAudio(socket, encodeL16(tone, byteOrder));
    await carrierHas(() => call.bufferedMs === 400);
    await stage.clock.advance(500);
    const media = await socket.wait('media', 20);
    expect([...bytesOf(media.slice(0, 20))]).toEqual([...encodeL16(tone, byteOrder)]);
    expect(call.playedMs).toBe(400);
    const { sampleRate, channels } = decodeWav(call.recording());
    expect(sampleRate).toBe(16000);
    const right = channels[1]!;
    const first = right.findIndex((sample) => sample !== 0);
    expect(toneShare(right.subarray(first, first + 6_000), 16000, 6_000)).toBeGreaterThan(0.99);
  },
);

test('L16 at 16 kHz on a mu-law leg is brought to the rate of the leg, sample by sample', async () => {
  const { call, socket } = await connectByCommand(
    {},
    { stream_bidirectional_codec: 'L16', stream_bidirectional_sampling_rate: 16000 },
  );
  const tone = toneSamples(1_000, 16000, 401);
  // Odd pieces, so that the resampler is left with a sample over.
  const bytes = encodeL16(tone, 'little-endian');
  const pieces = 10;
  for (let i = 0; i < pieces; i++) {
    sendAudio(socket, bytes.subarray(i * 1_282, i < pieces - 1 ? (i + 1) * 1_282 : undefined));
  }
  await carrierHas(() => call.bufferedMs === 401);
  await stage.clock.advance(500);
  expect(call.playedMs).toBe(401);
  const right = decodeWav(call.recording()).channels[1]!;
  const first = right.findIndex((sample) => Math.abs(sample) > 100);
  expect(toneShare(right.subarray(first, first + 2_400), 8000, 1_000)).toBeGreaterThan(0.99);
});

test('L16 without a sampling rate is played at 8 kHz: at half the speed', async () => {
  const { call, socket } = await connectByCommand({}, { stream_bidirectional_codec: 'L16' });
  sendAudio(socket, encodeL16(toneSamples(1_000, 16000, 100), 'little-endian'));
  await carrierHas(() => call.bufferedMs > 0);
  expect(call.bufferedMs).toBe(200);
});

test.each([
  ['mp3, the default', {}, /stream_bidirectional_mode is mp3/],
  [
    'G722',
    { stream_bidirectional_mode: 'rtp', stream_bidirectional_codec: 'G722' },
    /cannot play G722/,
  ],
] as const)(
  'audio in the mode %s plays nothing, and is warned of once',
  async (_, stream, message) => {
    const { call, socket } = await connectByCommand(
      {},
      { stream_bidirectional_mode: undefined, ...stream },
    );
    sendAudio(socket, new Uint8Array(160));
    sendAudio(socket, new Uint8Array(160));
    sendMark(socket, 'behind it');
    await socket.wait('mark');
    await stage.clock.advance(100);
    expect(call.playedMs).toBe(0);
    expect(call.warnings).toEqual([{ code: 0, message: expect.stringMatching(message) as string }]);
    expect(socket.of('error')).toEqual([]);
  },
);

test('keys come on the socket and by webhook, before a stream by webhook only', async () => {
  stage.server.onCall = (id) => void stage.server.command(id, 'answer');
  await stage.open();
  const call = await stage.carrier.placeCall();
  await stage.server.event('call.answered');
  call.press('7');
  await stage.clock.advance(40);
  expect((await stage.server.event('call.dtmf.received')).payload).toMatchObject({
    call_control_id: call.providerCallId,
    digit: '7',
  });
  await stage.server.command(call.providerCallId, 'streaming_start', {
    stream_url: stage.server.mediaUrl,
  });
  const socket = await stage.server.socket();
  call.press('5#');
  await stage.clock.advance(600);
  const digits = await socket.wait('dtmf', 2);
  expect(digits.map((message) => message['dtmf'])).toEqual([{ digit: '5' }, { digit: '#' }]);
  expect(digits[0]).toMatchObject({
    sequence_number: expect.stringMatching(/^\d+$/) as string,
    occurred_at: expect.stringMatching(/^2026-11-22T09:41:0\d\.\d{6}Z$/) as string,
  });
  await stage.server.http.until(() => stage.server.of('call.dtmf.received').length === 3);
});

test('server audio is heard in real time, with exact figures of what was played', async () => {
  const { call, socket } = await connect();
  const heard: number[] = [];
  call.onHeard((frame) => heard.push(...frame.samples));
  const bytes = Uint8Array.from({ length: 4_000 }, (_, i) => i % 255);
  sendAudio(socket, bytes);
  sendMark(socket, 'half a second');
  await carrierHas(() => call.bufferedMs === 500);
  await stage.clock.advance(120);
  expect(call.playedMs).toBeCloseTo(stage.clock.now() - call.heardAtMs(0)!, 5);
  expect(call.playedMs + call.bufferedMs).toBe(500);
  expect(socket.of('mark')).toEqual([]);
  await stage.clock.advance(400);
  expect(call.playedMs).toBe(500);
  const [mark] = await socket.wait('mark');
  expect(mark).toMatchObject({ mark: { name: 'half a second' } });
  expect(mark!['sequence_number']).toMatch(/^\d+$/);
  const all = [...decodeMulaw(bytes)];
  const first = heard.indexOf(all[0]!);
  expect(heard.slice(first, first + 4_000)).toEqual(all);
  expect(call.heardSpans).toHaveLength(1);
});

test('a mark comes back at once when nothing is held', async () => {
  const { socket } = await connect();
  sendMark(socket, 'now');
  expect((await socket.wait('mark'))[0]).toMatchObject({ mark: { name: 'now' } });
});

test('clear stops at once and returns all marks', async () => {
  const { call, socket } = await connect();
  sendAudio(socket, new Uint8Array(80_000).fill(0x20));
  sendMark(socket, 'a');
  sendMark(socket, 'b');
  await carrierHas(() => call.bufferedMs === 10_000);
  await stage.clock.advance(190);
  socket.send({ event: 'clear' });
  const marks = await socket.wait('mark', 2);
  expect(marks.map((message) => message['mark'])).toEqual([{ name: 'a' }, { name: 'b' }]);
  const { playedMs } = call;
  expect(call.bufferedMs).toBe(0);
  expect(playedMs).toBeGreaterThanOrEqual(170);
  expect(playedMs).toBeLessThanOrEqual(190);
  await stage.clock.advance(200);
  expect(call.playedMs).toBe(playedMs);
});

test('wrong messages are answered with error messages, noted, and the call goes on', async () => {
  const { call, socket } = await connect();
  socket.send('not JSON');
  socket.send('[]');
  socket.send({ event: 'noise' });
  socket.send({ event: 'media', media: {} });
  socket.send({ event: 'mark', mark: {} });
  socket.socket.send(Buffer.from([1, 2, 3]));
  socket.send({ event: 'media', media: { payload: '***' } });
  sendAudio(socket, new Uint8Array(159));
  sendAudio(socket, new Uint8Array(240_001));
  const errors = await socket.wait('error', 9);
  const codes = [100003, 100003, 100003, 100003, 100003, 100003, 100004, 100004, 100004];
  expect(call.warnings.map(({ code }) => code)).toEqual(codes);
  expect(errors.map(({ payload }) => (payload as { code: number }).code)).toEqual(codes);
  expect(errors[7]).toEqual({
    event: 'error',
    stream_id: socket.of('start')[0]!['stream_id'],
    payload: {
      code: 100004,
      title: 'invalid_media',
      detail: 'A message has 20 ms to 30 s of audio; this one has 19.875 ms.',
    },
  });
  expect(call.bufferedMs).toBe(0);
  expect(stage.carrier.activeCalls).toEqual([call]);
});

test('half a sample of L16 is an error', async () => {
  const { call, socket } = await connect({}, { stream_bidirectional_codec: 'L16' });
  sendAudio(socket, new Uint8Array(641));
  await socket.wait('error');
  expect(call.warnings).toEqual([
    { code: 100004, message: expect.stringContaining('half a sample') as string },
  ]);
});

test('fields that are not needed do no harm', async () => {
  const { call, socket } = await connect();
  const payload = Buffer.alloc(160).toString('base64');
  socket.send({ event: 'media', stream_id: 'x', media: { payload, track: 'outbound' } });
  await carrierHas(() => call.bufferedMs === 20);
  expect(call.warnings).toEqual([]);
});

test('both tracks: what the caller hears comes besides, each counted for itself', async () => {
  const { call, socket } = await connect({}, { stream_track: 'both_tracks' });
  const bytes = new Uint8Array(320).fill(0x31);
  sendAudio(socket, bytes);
  await carrierHas(() => call.bufferedMs === 40);
  await stage.clock.advance(100);
  await socket.until(() => socket.of('media').length >= 10);
  const media = socket.of('media').map(mediaOf);
  for (const track of ['inbound', 'outbound']) {
    expect(media.filter((one) => one.track === track).map(({ chunk }) => chunk)).toEqual([
      '1',
      '2',
      '3',
      '4',
      '5',
    ]);
  }
  const outbound = Buffer.concat(
    media
      .filter(({ track }) => track === 'outbound')
      .map(({ payload }) => Buffer.from(payload, 'base64')),
  );
  expect(outbound.filter((byte) => byte === 0x31)).toHaveLength(320);
});

test('the recording has the caller left and the server right', async () => {
  const { call, socket } = await connect();
  sendAudio(socket, new Uint8Array(800).fill(0x10));
  await carrierHas(() => call.bufferedMs === 100);
  void call.speak(new Int16Array(800).fill(-5_000));
  await stage.clock.advance(300);
  call.hangUp();
  const { channels } = decodeWav(call.recording());
  const loud = (samples: Int16Array): number => samples.filter((sample) => sample !== 0).length;
  expect(loud(channels[0]!)).toBe(800);
  expect(loud(channels[1]!)).toBe(800);
});
