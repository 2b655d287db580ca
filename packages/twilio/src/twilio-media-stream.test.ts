import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AudioFrame, MediaStart } from '@phone-agents/core';
import { createAudioCodec } from '@phone-agents/core';
import { ManualClock } from '@phone-agents/core/testing';
import fc from 'fast-check';
import { mediaMessages } from './test-support/fixtures.ts';
import { TestLogger } from './test-support/test-logger.ts';
import { TestSocket } from './test-support/test-socket.ts';
import { TwilioMediaStream } from './twilio-media-stream.ts';

const samples = mediaMessages();
const STREAM_SID = 'MZ8899aabbccddeeff0011223344556677';
const CALL_SID = 'CA0a1b2c3d4e5f60718293a4b5c6d7e8f9';
const codec = createAudioCodec({ encoding: 'PCMU', sampleRate: 8000 });

function mulaw(amplitude: number): Buffer {
  const bytes = Buffer.alloc(160);
  codec.encode(new Int16Array(160).fill(amplitude), bytes);
  return bytes;
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
    streamSid: STREAM_SID,
  };
}

interface Opened {
  readonly socket: TestSocket;
  readonly stream: TwilioMediaStream;
  readonly logger: TestLogger;
  readonly clock: ManualClock;
  readonly admitted: MediaStart[];
}

function open(): Opened {
  const socket = new TestSocket();
  const logger = new TestLogger();
  const clock = new ManualClock();
  const admitted: MediaStart[] = [];
  const admit = async (start: MediaStart): Promise<void> => void admitted.push(start);
  const stream = new TwilioMediaStream(socket, { clock, logger, callId: 'call-1', admit });
  return { socket, stream, logger, clock, admitted };
}

async function start(): Promise<Opened & { readonly heard: number[] }> {
  const opened = open();
  opened.socket.receive(samples['in-connected']);
  opened.socket.receive(samples['in-start']);
  await opened.stream.started;
  const heard: number[] = [];
  opened.stream.onAudio(({ samples: frame }: AudioFrame) => void heard.push(frame[0]!));
  return { ...opened, heard };
}

/** The amplitude as it is after mu-law. */
function coded(amplitude: number): number {
  const into = new Int16Array(160);
  codec.decode(mulaw(amplitude), into);
  return into[0]!;
}

test('tells of its start: ids, codec and parameters', async () => {
  const { admitted, stream } = await start();
  expect(admitted).toEqual([
    {
      streamId: STREAM_SID,
      providerCallId: CALL_SID,
      inboundFormat: { encoding: 'PCMU', sampleRate: 8000 },
      parameters: { session: 'c1', secret: 'one-time-value' },
    },
  ]);
  expect(stream.start).toEqual(admitted[0]);
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

test('tells of digits, marks and the stop', async () => {
  const { socket, stream } = await start();
  const seen: string[] = [];
  stream.on('digit-received', (digit) => void seen.push(digit));
  stream.on('mark-received', (name) => void seen.push(name));
  socket.receive(samples['in-dtmf']);
  socket.receive(samples['in-mark']);
  socket.receive(samples['in-stop']);
  expect(seen).toEqual(['5', 'utterance-7']);
  await expect(stream.closed).resolves.toEqual({ reason: 'stopped' });
});

test('tells a socket that was lost from a stream that was stopped', async () => {
  const { socket, stream } = await start();
  socket.lose();
  await expect(stream.closed).resolves.toEqual({ reason: 'socket-closed' });
});

test('writes media, marks and clear exactly as the samples', async () => {
  const { socket, stream } = await start();
  const silence = new Int16Array(160);
  expect(stream.sendAudio(silence)).toBe(true);
  stream.sendMark('utterance-7');
  stream.clear();
  const expected = ['out-media', 'out-mark', 'out-clear'].map((name) =>
    JSON.stringify(samples[name]),
  );
  expect(socket.sent).toEqual(expected);
});

test('writes each frame with its own audio, and names of marks as JSON', async () => {
  const { socket, stream } = await start();
  stream.sendAudio(new Int16Array(160).fill(5000));
  stream.sendAudio(new Int16Array(160).fill(-5000));
  stream.sendMark('a"\\b\n');
  const messages = socket.sent.map((text) => JSON.parse(text as string));
  expect(messages[0].media.payload).toBe(mulaw(5000).toString('base64'));
  expect(messages[1].media.payload).toBe(mulaw(-5000).toString('base64'));
  expect(messages[2]).toEqual({ event: 'mark', streamSid: STREAM_SID, mark: { name: 'a"\\b\n' } });
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

describe('what is not in the protocol is dropped with one warning, and the call goes on', () => {
  const wrong: [string, unknown, boolean?][] = [
    ['a binary message', Buffer.from([1, 2, 3]), true],
    ['text that is no JSON', '{"event":"media"'],
    ['an unknown event', { event: 'transcript', streamSid: STREAM_SID }],
    ['audio of another stream', { ...media(1), streamSid: 'MZ0' }],
    ['audio without a stream', { ...media(1), streamSid: undefined }],
    ['our own track', media(1, 1, { track: 'outbound' })],
    ['audio without a track', media(1, 1, { track: undefined })],
    ['wrong base64', media(1, 1, { payload: 'AQI*' })],
    ['base64 of the URL kind', media(1, 1, { payload: 'AQ-_' })],
    ['no payload', media(1, 1, { payload: undefined })],
    ['a payload of a wrong type', media(1, 1, { payload: 17 })],
    ['a payload of 3 s', media(1, 1, { payload: Buffer.alloc(24_000).toString('base64') })],
    ['a message of 100 kB', { ...media(1), future: 'x'.repeat(100_000) }],
    ['a second start', samples['in-start']],
    ['a start of another call', { ...samples['in-start'], streamSid: 'MZ0' }],
    ['a digit that is none', { event: 'dtmf', streamSid: STREAM_SID, dtmf: { digit: 'x' } }],
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
    socket.receive(samples['in-start']);
    await stream.started;
    expect(stream.takeBacklog()).toEqual([]);
  });

  test('a start that is none: the next one counts', async () => {
    const { socket, logger, stream } = open();
    socket.receive({ event: 'start', streamSid: STREAM_SID, start: { callSid: CALL_SID } });
    socket.receive(samples['in-start']);
    await expect(stream.started).resolves.toMatchObject({ providerCallId: CALL_SID });
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
    const { socket, heard, logger } = await start();
    socket.receive(media(1, 1000));
    socket.receive(media(2, 2000, changes));
    for (const chunk of [3, 4, 5]) socket.receive(media(chunk, chunk * 1000));
    expect(heard).toEqual([1000, 2000, 3000, 4000, 5000].map(coded));
    expect(logger.at('warn')).toHaveLength(1);
  });

  test('the first chunk may leap as well', async () => {
    const { socket, heard } = await start();
    socket.receive(media(1, 1000, { chunk: '999999999999999' }));
    socket.receive(media(2, 2000));
    expect(heard).toEqual([1000, 2000].map(coded));
  });
});

test('fills a gap with silence and drops what comes twice', async () => {
  const { socket, heard } = await start();
  for (const chunk of [1, 2, 2, 5]) socket.receive(media(chunk, chunk * 1000));
  expect(heard).toEqual([coded(1000), coded(2000), 0, 0, coded(5000)]);
});

describe('audio that is not mu-law at 8 kHz ends the stream with a clear error', () => {
  test.each([
    { encoding: 'audio/opus' },
    { sampleRate: 16000 },
    { channels: 2 },
    { encoding: '__proto__' },
  ])('%p', async (change) => {
    const { socket, stream, admitted } = open();
    const body = samples['in-start']!['start'] as { mediaFormat: object };
    const mediaFormat = { ...body.mediaFormat, ...change };
    socket.receive({ ...samples['in-start'], start: { ...body, mediaFormat } });
    const closed = await stream.closed;
    expect(closed).toMatchObject({ reason: 'refused', error: { code: 'audio_unsupported' } });
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
        event: fc.constantFrom('connected', 'start', 'media', 'dtmf', 'mark', 'unknown'),
        streamSid: fc.oneof(fc.constant(STREAM_SID), fc.jsonValue()),
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
