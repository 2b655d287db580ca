import type { AudioFrame, MediaStart } from '@phone-agents/core';
import { createAudioCodec } from '@phone-agents/core';
import { ManualClock, TestLogger, TestMediaSocket } from '@phone-agents/core/testing';
import { mediaMessages } from './test-support/fixtures.ts';
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
  readonly socket: TestMediaSocket;
  readonly stream: TwilioMediaStream;
  readonly logger: TestLogger;
  readonly clock: ManualClock;
  readonly admitted: MediaStart[];
}

function open(): Opened {
  const socket = new TestMediaSocket();
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

test('drops our own track and audio of another stream, each with a warning', async () => {
  const { socket, heard, logger } = await start();
  socket.receive(media(1, 1000, { track: 'outbound' }));
  socket.receive({ ...media(1, 1000), streamSid: 'MZ0' });
  socket.receive(media(1, 7000));
  expect(heard).toEqual([coded(7000)]);
  expect(logger.at('warn')).toHaveLength(2);
});

test('takes audio as it comes, for the order is kept: a gap is filled at once', async () => {
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
