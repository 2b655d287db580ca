import type { AudioFormat, AudioFrame, MediaStart } from '@phone-agents/core';
import { createAudioCodec, encodeL16 } from '@phone-agents/core';
import { ManualClock, TestLogger, TestMediaSocket } from '@phone-agents/core/testing';
import { mediaMessages } from './test-support/fixtures.ts';
import type { TelnyxMediaStreamOptions } from './telnyx-media-stream.ts';
import { TelnyxMediaStream } from './telnyx-media-stream.ts';

const samples = mediaMessages();
const STREAM_ID = '6f1c0c0e-1111-4222-8333-94444555aaaa';
const CALL_CONTROL_ID = 'v3:aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789-_aBcDeFgHiJkLmNoPqRsTuVw';
const PCMU: AudioFormat = { encoding: 'PCMU', sampleRate: 8000 };
const PCMA: AudioFormat = { encoding: 'PCMA', sampleRate: 8000 };

function encoded(amplitude: number, format = PCMU): Buffer {
  const codec = createAudioCodec(format);
  const bytes = Buffer.alloc(codec.bytesPerFrame);
  codec.encode(new Int16Array(format.sampleRate / 50).fill(amplitude), bytes);
  return bytes;
}

function media(chunk: number, amplitude = chunk, changes: Record<string, unknown> = {}) {
  return {
    event: 'media',
    sequence_number: String(chunk + 2),
    media: {
      track: 'inbound',
      chunk: String(chunk),
      timestamp: String(chunk * 20),
      payload: encoded(amplitude).toString('base64'),
      ...changes,
    },
    stream_id: STREAM_ID,
  };
}

interface Opened {
  readonly socket: TestMediaSocket;
  readonly stream: TelnyxMediaStream;
  readonly logger: TestLogger;
  readonly clock: ManualClock;
  readonly admitted: MediaStart[];
}

type Options = Partial<TelnyxMediaStreamOptions>;

function open(options: Options = {}): Opened {
  const socket = new TestMediaSocket();
  const logger = new TestLogger();
  const clock = new ManualClock();
  const admitted: MediaStart[] = [];
  const admit = async (start: MediaStart): Promise<void> => void admitted.push(start);
  const stream = new TelnyxMediaStream(socket, {
    clock,
    logger,
    callId: 'call-1',
    admit,
    ...options,
  });
  return { socket, stream, logger, clock, admitted };
}

async function start(
  options: Options = {},
  message: unknown = samples['in-start'],
): Promise<Opened & { readonly heard: number[] }> {
  const opened = open(options);
  opened.socket.receive(samples['in-connected']);
  opened.socket.receive(message);
  await opened.stream.started;
  const heard: number[] = [];
  opened.stream.onAudio(({ samples: frame }: AudioFrame) => void heard.push(frame[0]!));
  return { ...opened, heard };
}

/** A start whose audio has another form. */
function startWith(change: Record<string, unknown>): unknown {
  const body = samples['in-start']!['start'] as { media_format: object };
  const media_format = { ...body.media_format, ...change };
  return { ...samples['in-start'], start: { ...body, media_format } };
}

const L16_START = startWith({ encoding: 'L16', sample_rate: 16000 });

/** The amplitude as it is after its codec. */
function coded(amplitude: number, format = PCMU): number {
  const into = new Int16Array(960);
  createAudioCodec(format).decode(encoded(amplitude, format), into);
  return into[0]!;
}

test('tells of its start: ids, codec and parameters', async () => {
  const { admitted, stream } = await start();
  expect(admitted).toEqual([
    {
      streamId: STREAM_ID,
      providerCallId: CALL_CONTROL_ID,
      inboundFormat: PCMU,
      parameters: { session: 'c1' },
    },
  ]);
  expect(stream.start).toEqual(admitted[0]);
});

test('takes each sample message of Telnyx’s', async () => {
  const { socket, stream, heard, logger } = await start();
  const seen: string[] = [];
  stream.on('digit-received', (digit) => void seen.push(digit));
  stream.on('mark-received', (name) => void seen.push(name));
  socket.receive(samples['in-media']);
  socket.receive(samples['in-dtmf']);
  socket.receive(samples['in-mark']);
  expect(heard).toEqual([0]);
  expect(seen).toEqual(['5', 'utterance-7']);
  expect(logger.lines).toEqual([]);
  socket.receive(samples['in-error']);
  expect(logger.at('warn')[0]!.fields).toMatchObject({ code: '100004', title: 'invalid_media' });
  expect(JSON.stringify(logger.lines)).not.toContain('was not base64');
  socket.receive(samples['in-stop']);
  await expect(stream.closed).resolves.toEqual({ reason: 'stopped' });
});

describe('our own audio', () => {
  test('media, marks and clear are written exactly as the samples', async () => {
    const { socket, stream } = await start();
    expect(stream.sendAudio(new Int16Array(160))).toBe(true);
    stream.sendMark('utterance-7');
    stream.clear();
    const expected = ['out-media', 'out-mark', 'out-clear'];
    expect(socket.sent).toEqual(expected.map((name) => JSON.stringify(samples[name])));
  });

  test('each frame has its own audio, and names of marks are JSON', async () => {
    const { socket, stream } = await start();
    stream.sendAudio(new Int16Array(160).fill(5000));
    stream.sendAudio(new Int16Array(160).fill(-5000));
    stream.sendMark('a"\\b\n');
    const messages = socket.sent.map((text) => JSON.parse(text as string));
    expect(messages[0].media.payload).toBe(encoded(5000).toString('base64'));
    expect(messages[1].media.payload).toBe(encoded(-5000).toString('base64'));
    expect(messages[2]).toEqual({ event: 'mark', mark: { name: 'a"\\b\n' } });
  });

  test.each([
    ['PCMU', PCMU, 0xff],
    ['PCMA', PCMA, 0xd5],
    ['L16', { encoding: 'L16', sampleRate: 16000 } as const, 0],
  ] as const)(
    'a tail shorter than 20 ms is filled up with silence: %s',
    async (codec, format, silence) => {
      const { socket, stream } = await start({ codec });
      const bytesPerSample = codec === 'L16' ? 2 : 1;
      const frame = (format.sampleRate / 50) * bytesPerSample;
      stream.sendAudio(new Int16Array(frame / bytesPerSample).fill(9000));
      stream.sendAudio(new Int16Array(10).fill(5000));
      stream.sendAudio(new Int16Array(0));
      const payloads = socket.sent.map((text) =>
        Buffer.from(JSON.parse(text as string).media.payload, 'base64'),
      );
      const tail = Buffer.concat([
        encoded(5000, format).subarray(0, 10 * bytesPerSample),
        Buffer.alloc(frame - 10 * bytesPerSample, silence),
      ]);
      expect(payloads).toEqual([encoded(9000, format), tail, Buffer.alloc(frame, silence)]);
    },
  );

  test('is sent in the codec that was asked for, whatever comes in', async () => {
    const { socket, stream, heard } = await start({ codec: 'PCMU' }, samples['in-start-pcma']);
    expect(stream.start!.inboundFormat).toEqual(PCMA);
    expect(stream.outboundFormat).toEqual(PCMU);
    socket.receive(media(1, 0, { payload: encoded(7000, PCMA).toString('base64') }));
    stream.sendAudio(new Int16Array(160).fill(7000));
    expect(heard).toEqual([coded(7000, PCMA)]);
    const { payload } = JSON.parse(socket.sent[0] as string).media;
    expect(payload).toBe(encoded(7000, PCMU).toString('base64'));
  });
});

describe('L16 at 16 kHz', () => {
  const wave = Int16Array.from({ length: 320 }, (_value, index) => 8000 * Math.sin(index / 9));

  test.each(['little-endian', 'big-endian'] as const)('goes both ways %s', async (l16ByteOrder) => {
    const { socket, stream, logger } = await start({ codec: 'L16', l16ByteOrder }, L16_START);
    expect(stream.outboundFormat).toEqual({
      encoding: 'L16',
      sampleRate: 16000,
      byteOrder: l16ByteOrder,
    });
    const heard: Int16Array[] = [];
    stream.onAudio((frame) => void heard.push(frame.samples.slice()));
    const payload = Buffer.from(encodeL16(wave, l16ByteOrder)).toString('base64');
    for (let chunk = 1; chunk <= 40; chunk++) socket.receive(media(chunk, 0, { payload }));
    stream.sendAudio(wave);
    expect(heard).toHaveLength(40);
    expect(heard[39]).toEqual(wave);
    expect(JSON.parse(socket.sent[0] as string).media.payload).toBe(payload);
    expect(logger.lines).toEqual([]);
  });

  test('the other byte order is warned of, once, with the setting that mends it', async () => {
    const { socket, logger } = await start({ codec: 'L16' }, L16_START);
    const payload = Buffer.from(encodeL16(wave, 'big-endian')).toString('base64');
    for (let chunk = 1; chunk <= 100; chunk++) socket.receive(media(chunk, 0, { payload }));
    expect(logger.at('warn')).toHaveLength(1);
    expect(logger.at('warn')[0]!.message).toContain("set l16ByteOrder to 'big-endian'");
  });

  test('half a sample is dropped with a warning, and the call goes on', async () => {
    const { socket, heard, logger } = await start({ codec: 'L16' }, L16_START);
    socket.receive(media(1, 0, { payload: Buffer.alloc(641).toString('base64') }));
    socket.receive(media(2, 0, { payload: Buffer.alloc(640).toString('base64') }));
    expect(heard).toEqual([0]);
    expect(logger.at('warn')).toHaveLength(1);
  });
});

describe('the order of audio', () => {
  test('is restored where pieces come late, and gaps are filled with silence', async () => {
    const { socket, heard } = await start();
    for (const chunk of [1, 3, 2, 4, 6, 7, 5, 5, 8]) socket.receive(media(chunk, chunk * 1000));
    expect(heard).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((chunk) => coded(chunk * 1000)));
  });

  test('a piece that does not come is waited for four pieces long', async () => {
    const { socket, heard } = await start();
    socket.receive(media(1, 1000));
    for (const chunk of [3, 4, 5, 6]) socket.receive(media(chunk, chunk * 1000));
    expect(heard).toEqual([coded(1000)]);
    socket.receive(media(7, 7000));
    expect(heard).toEqual([coded(1000), 0, ...[3, 4, 5, 6, 7].map((chunk) => coded(chunk * 1000))]);
  });
});

test('drops our own track, audio of another stream and errors that say nothing, each with a warning', async () => {
  const { socket, heard, logger } = await start();
  socket.receive(media(1, 1000, { track: 'outbound' }));
  socket.receive({ ...media(1, 1000), stream_id: '6f' });
  for (const payload of [undefined, null, 'x', 7]) socket.receive({ event: 'error', payload });
  socket.receive(media(1, 7000));
  expect(heard).toEqual([coded(7000)]);
  expect(logger.at('warn')).toHaveLength(3);
});

describe('audio in a codec that is not taken ends the stream with a clear error', () => {
  test.each([
    { encoding: 'OPUS' },
    { encoding: 'G722' },
    { encoding: 'AMR-WB', sample_rate: 16000 },
    { encoding: 'PCMU', sample_rate: 16000 },
    { encoding: 'L16', sample_rate: 22050 },
    { encoding: 'L16', sample_rate: 1e12 },
    { encoding: 'L16', sample_rate: 0.5 },
    { channels: 2 },
    { encoding: '__proto__' },
  ])('%p', async (change) => {
    const { socket, stream, admitted } = open();
    socket.receive(startWith(change));
    const closed = await stream.closed;
    expect(closed).toMatchObject({ reason: 'refused', error: { code: 'audio_unsupported' } });
    expect(socket.closedWith).toBe(1003);
    expect(admitted).toEqual([]);
  });
});

describe('the stream’s token', () => {
  const connected = samples['in-connected-with-token']!;

  test.each([
    ['inside connected', connected],
    ['beside it', { event: 'connected', 'x-telnyx-streaming-auth-token': 'one-time-value' }],
    ['not sent', samples['in-connected']!],
  ])('may come again, %s', async (_where, message) => {
    const { socket, stream } = open({ streamAuthToken: 'one-time-value' });
    socket.receive(message);
    socket.receive(samples['in-start']);
    await expect(stream.started).resolves.toBeDefined();
  });

  test.each([
    ['no object', { event: 'connected', connected: 'one-time-value' }],
    ['null', { event: 'connected', connected: null }],
    ['no text', { event: 'connected', 'x-telnyx-streaming-auth-token': 7 }],
  ])('is absent where what came is %s', async (_what, message) => {
    const { socket, stream } = open({ streamAuthToken: 'one-time-value' });
    socket.receive(message);
    socket.receive(samples['in-start']);
    await expect(stream.started).resolves.toBeDefined();
  });

  test('is not checked where none is known', async () => {
    const { socket, stream } = open();
    socket.receive(connected);
    socket.receive(samples['in-start']);
    await expect(stream.started).resolves.toBeDefined();
  });

  test('closes the socket where it is another', async () => {
    const { socket, stream, logger } = open({ streamAuthToken: 'other-value' });
    socket.receive(connected);
    await expect(stream.closed).resolves.toMatchObject({ reason: 'refused' });
    expect(socket.closedWith).toBe(1008);
    expect(JSON.stringify(logger.lines)).not.toMatch(/other-value|one-time-value/);
  });
});
