import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import type { AudioFormat } from '../audio/audio-codec.ts';
import { createAudioCodec } from '../audio/audio-codec.ts';
import { CAMEL, SNAKE } from '../test-support/json-protocols.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { TestLogger } from '../testing/test-logger.ts';
import { TestMediaSocket } from '../testing/test-media-socket.ts';
import type { JsonMediaProtocol, JsonObject } from './json-media-protocol.ts';
import { JsonMediaStream } from './json-media-stream.ts';
import type { MediaStart, PhoneMediaStreamOptions } from './phone-media-stream.ts';

const STREAM_ID = 'MZ8899aabbccddeeff0011223344556677';
const PCMU: AudioFormat = { encoding: 'PCMU', sampleRate: 8000 };
const codec = createAudioCodec(PCMU);

/** What a third company's plugin would write: a mark's echo has a name of its own, there. */
class TestJsonStream extends JsonMediaStream {
  constructor(
    socket: TestMediaSocket,
    options: PhoneMediaStreamOptions,
    protocol: JsonMediaProtocol,
    reorderFrames: number,
  ) {
    super(socket, options, { outboundFormat: PCMU, marks: true, reorderFrames }, protocol);
  }

  protected override receiveEvent(event: unknown, message: JsonObject): void {
    if (event === 'playedStream') this.receiveMark(String(message['name']));
    else super.receiveEvent(event, message);
  }

  protected override writeAudio(bytes: Uint8Array): void {
    this.send(`{"event":"playAudio","media":{"payload":"${this.base64(bytes)}"}}`);
  }

  protected override writeMark(name: string): void {
    this.send(JSON.stringify({ event: 'checkpoint', name }));
  }

  protected override writeClear(): void {
    this.send('{"event":"clearAudio"}');
  }
}

function mulaw(amplitude: number): Buffer {
  const bytes = Buffer.alloc(codec.bytesPerFrame);
  codec.encode(new Int16Array(160).fill(amplitude), bytes);
  return bytes;
}

/** The amplitude as it is after mu-law. */
function coded(amplitude: number): number {
  const into = new Int16Array(160);
  codec.decode(mulaw(amplitude), into);
  return into[0]!;
}

const START = {
  event: 'start',
  streamSid: STREAM_ID,
  start: {
    callSid: 'CA1',
    mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
    customParameters: { session: 'c1' },
  },
};

function startWith(change: Record<string, unknown>) {
  const mediaFormat = { ...START.start.mediaFormat, ...change };
  return { ...START, start: { ...START.start, mediaFormat } };
}

function media(chunk: number, amplitude = chunk, changes: Record<string, unknown> = {}) {
  return {
    event: 'media',
    sequenceNumber: String(chunk + 1),
    media: {
      track: 'inbound',
      chunk: String(chunk),
      timestamp: String((chunk - 1) * 20),
      payload: mulaw(amplitude).toString('base64'),
      ...changes,
    },
    streamSid: STREAM_ID,
  };
}

function open({ protocol = CAMEL, reorderFrames = 0 } = {}) {
  const socket = new TestMediaSocket();
  const logger = new TestLogger();
  const admitted: MediaStart[] = [];
  const admit = async (start: MediaStart): Promise<void> => void admitted.push(start);
  const options = { clock: new ManualClock(), logger, callId: 'call-1', admit };
  const stream = new TestJsonStream(socket, options, protocol, reorderFrames);
  return { socket, stream, logger, admitted };
}

async function start(options: Parameters<typeof open>[0] = {}) {
  const opened = open(options);
  opened.socket.receive({ event: 'connected' });
  opened.socket.receive(START);
  await opened.stream.started;
  const heard: number[] = [];
  opened.stream.onAudio(({ samples }) => void heard.push(samples[0]!));
  return { ...opened, heard };
}

test('tells of its start: ids, format and parameters', async () => {
  const { admitted, stream } = await start();
  expect(admitted).toEqual([
    {
      streamId: STREAM_ID,
      providerCallId: 'CA1',
      inboundFormat: PCMU,
      parameters: { session: 'c1' },
    },
  ]);
  expect(stream.start).toEqual(admitted[0]);
});

test('plain PCM is read in the byte order of the company', async () => {
  const { socket, stream } = open({ protocol: SNAKE });
  const mediaFormat = { encoding: 'raw', sample_rate: '16000' };
  socket.receive({
    event: 'start',
    stream_id: 's1',
    start: { call_id: 'c1', media_format: mediaFormat },
  });
  await expect(stream.started).resolves.toMatchObject({
    inboundFormat: { encoding: 'L16', sampleRate: 16000, byteOrder: 'big-endian' },
  });
  const heard: number[] = [];
  stream.onAudio(({ samples }) => void heard.push(samples[0]!));
  const payload = Buffer.alloc(640, Buffer.from([0x12, 0x34])).toString('base64');
  const piece = (chunk: number) => ({ chunk, timestamp: String(chunk * 20), payload });
  for (const chunk of [1, 2]) {
    socket.receive({ event: 'media', stream_id: 's1', media: piece(chunk) });
  }
  expect(heard).toEqual([0x1234, 0x1234]);
});

test("hands on the caller's audio frame by frame, in the usual shape and in any other", async () => {
  const { socket, heard, logger } = await start();
  socket.receive(media(1, 1000));
  socket.receive(JSON.stringify(media(2, 2000), undefined, 1));
  socket.receive({ ...media(3, 3000), future: { field: 1 } });
  const { event, media: body, ...rest } = media(4, 4000);
  socket.receive({ ...rest, media: body, event });
  expect(heard).toEqual([1000, 2000, 3000, 4000].map(coded));
  expect(logger.lines).toEqual([]);
});

test('tells of digits, marks, events of its own, and the stop', async () => {
  const { socket, stream, logger } = await start();
  const seen: string[] = [];
  stream.on('digit-received', (digit) => void seen.push(digit));
  stream.on('mark-received', (name) => void seen.push(name));
  socket.receive({ event: 'dtmf', streamSid: STREAM_ID, dtmf: { digit: '5' } });
  socket.receive({ event: 'mark', streamSid: STREAM_ID, mark: { name: 'm1' } });
  socket.receive({ event: 'playedStream', name: 'm2' });
  expect(seen).toEqual(['5', 'm1', 'm2']);
  expect(logger.lines).toEqual([]);
  socket.receive({ event: 'stop', streamSid: STREAM_ID });
  await expect(stream.closed).resolves.toEqual({ reason: 'stopped' });
});

test('writes each frame with its own audio', async () => {
  const { socket, stream } = await start();
  const [loud, tail] = [new Int16Array(160).fill(5000), new Int16Array(10).fill(-5000)];
  for (const samples of [loud, tail, loud]) stream.sendAudio(samples);
  const payloads = socket.sent.map((text) => JSON.parse(text as string).media.payload);
  expect(payloads).toEqual(
    [mulaw(5000), mulaw(-5000).subarray(0, 10), mulaw(5000)].map((bytes) =>
      bytes.toString('base64'),
    ),
  );
});

test('sends nothing before its start and nothing after its end', async () => {
  const early = open();
  expect(early.stream.sendAudio(new Int16Array(160))).toBe(false);
  early.stream.clear();
  expect(early.socket.sent).toEqual([]);
  const { socket, stream } = await start();
  stream.close();
  expect(stream.sendAudio(new Int16Array(160))).toBe(false);
  expect(socket.sent).toEqual([]);
});

test('tells a socket that was lost from a stream that was stopped', async () => {
  const { socket, stream } = await start();
  socket.lose();
  await expect(stream.closed).resolves.toEqual({ reason: 'socket-closed' });
});

describe('what is not in the protocol is dropped with one warning, and the call goes on', () => {
  const wrong: [string, unknown, boolean?][] = [
    ['a binary message', Buffer.from([1, 2, 3]), true],
    ['text that is no JSON', '{"event":"media"'],
    ['JSON that is no object', '[]'],
    ['an unknown event', { event: 'transcript', streamSid: STREAM_ID }],
    ['an event that is none', { event: ['media'] }],
    ['audio of another stream', { ...media(1), streamSid: 'MZ0' }],
    ['audio without a stream', { ...media(1), streamSid: undefined }],
    ['our own track', media(1, 1, { track: 'outbound' })],
    ['audio without a track', media(1, 1, { track: undefined })],
    ['wrong base64', media(1, 1, { payload: 'AQI*' })],
    ['base64 of the URL kind', media(1, 1, { payload: 'AQ-_' })],
    ['no payload', media(1, 1, { payload: undefined })],
    ['a payload of a wrong type', media(1, 1, { payload: 17 })],
    ['a payload of 3 s', media(1, 1, { payload: Buffer.alloc(24_000).toString('base64') })],
    ['a message of 200 kB', { ...media(1), future: 'x'.repeat(200_000) }],
    ['a second start', START],
    ['a start of another call', { ...START, streamSid: 'MZ0' }],
    ['a digit that is none', { event: 'dtmf', streamSid: STREAM_ID, dtmf: { digit: 'x' } }],
    ['a mark without a name', { event: 'mark', streamSid: STREAM_ID, mark: {} }],
    ["another stream's stop", { event: 'stop', streamSid: 'MZ0' }],
  ];

  test.each(wrong)('%s', async (_what, message, isBinary = false) => {
    const { socket, heard, logger, stream } = await start();
    socket.receive(message, isBinary);
    socket.receive(message, isBinary);
    expect(heard).toEqual([]);
    expect(logger.at('warn')).toHaveLength(1);
    expect(logger.at('warn')[0]!.fields).toMatchObject({ callId: 'call-1' });
    socket.receive(media(1, 7000));
    expect(heard).toEqual([coded(7000)]);
    expect(stream.isClosed).toBe(false);
  });

  test('audio before the start', async () => {
    const { socket, logger, stream } = open();
    socket.receive(media(1));
    expect(logger.at('warn')).toHaveLength(1);
    socket.receive(START);
    await stream.started;
    expect(stream.takeBacklog()).toEqual([]);
  });

  test('a start that is none: the next one counts', async () => {
    const { socket, logger, stream } = open();
    socket.receive({ ...START, start: { callSid: 'CA1' } });
    socket.receive(START);
    await expect(stream.started).resolves.toMatchObject({ providerCallId: 'CA1' });
    expect(logger.at('warn')).toHaveLength(1);
  });
});

describe('numbers that make no sense do not silence the caller', () => {
  test.each([
    ['a chunk that leaps', { chunk: '999999999999999' }],
    ['a timestamp that leaps', { timestamp: '999999999999999' }],
    ['a chunk of 16 digits', { chunk: '9'.repeat(16) }],
    ['no chunk', { chunk: undefined }],
    ['a negative timestamp', { timestamp: '-20' }],
  ])('%s', async (_what, changes) => {
    for (const reorderFrames of [0, 4]) {
      const { socket, heard, logger } = await start({ reorderFrames });
      socket.receive(media(1, 1000));
      socket.receive(media(2, 2000, changes));
      // Piece 2 is missing by its number, so what follows may wait for it; nothing of it is lost.
      for (let chunk = 3; chunk <= 8; chunk++) socket.receive(media(chunk, chunk * 1000));
      expect(heard).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((chunk) => coded(chunk * 1000)));
      expect(logger.at('warn')).toHaveLength(1);
    }
  });

  test('the first chunk may leap as well', async () => {
    for (const reorderFrames of [0, 4]) {
      const { socket, heard } = await start({ reorderFrames });
      socket.receive(media(1, 1000, { chunk: '999999999999999' }));
      socket.receive(media(2, 2000));
      expect(heard).toEqual([1000, 2000].map(coded));
    }
  });

  test('a stream that is opened again may count on', async () => {
    const { socket, heard, logger } = await start({ reorderFrames: 4 });
    for (const chunk of [5001, 5003, 5002]) socket.receive(media(chunk, (chunk - 5000) * 1000));
    expect(heard).toEqual([1000, 2000, 3000].map(coded));
    expect(logger.lines).toEqual([]);
  });
});

describe('audio that cannot be used ends the stream with a clear error', () => {
  test.each([
    { encoding: 'audio/opus' },
    { encoding: 'PCMU' },
    { encoding: '__proto__' },
    { sampleRate: 16000 },
    { sampleRate: 1e12 },
    { sampleRate: 0.5 },
    { channels: 2 },
  ])('%p', async (change) => {
    const { socket, stream, admitted } = open();
    socket.receive(startWith(change));
    await expect(stream.closed).resolves.toMatchObject({
      reason: 'refused',
      error: { code: 'audio_unsupported' },
    });
    expect(socket.closedWith).toBe(1003);
    expect(admitted).toEqual([]);
  });
});

test('no sequence of messages throws or stops the audio', async () => {
  const anyText = fc.oneof(
    fc.string(),
    fc.json(),
    fc.record(
      {
        event: fc.constantFrom('connected', 'start', 'media', 'dtmf', 'mark', 'error', 'unknown'),
        streamSid: fc.oneof(fc.constant(STREAM_ID), fc.jsonValue()),
        start: fc.jsonValue(),
        media: fc.record(
          {
            track: fc.oneof(fc.constant('inbound'), fc.jsonValue()),
            chunk: fc.oneof(fc.nat().map(String), fc.jsonValue()),
            timestamp: fc.oneof(fc.nat().map(String), fc.jsonValue()),
            payload: fc.oneof(fc.base64String(), fc.jsonValue()),
          },
          { requiredKeys: [] },
        ),
        dtmf: fc.jsonValue(),
        mark: fc.jsonValue(),
      },
      { requiredKeys: ['event'] },
    ),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(anyText, fc.boolean()), { maxLength: 20 }),
      async (messages) => {
        const { socket, heard, stream } = await start();
        for (const [message, isBinary] of messages) socket.receive(message, isBinary);
        await nextTurn();
        expect(stream.isClosed).toBe(false);
        // Chunks may have been counted up; what comes without numbers is always heard.
        const before = heard.length;
        for (let frame = 0; frame < 3; frame++) {
          socket.receive(media(1, 9000, { chunk: undefined, timestamp: undefined }));
        }
        expect(heard.length).toBeGreaterThanOrEqual(before + 3);
      },
    ),
  );
});
