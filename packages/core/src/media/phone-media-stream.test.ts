import type { AudioFrame } from '../audio/audio-frame.ts';
import { MediaAdmissionError } from '../errors.ts';
import type { TextMessage } from '../test-support/loopback-streams.ts';
import { BinaryLoopbackStream, MarkedLoopbackStream } from '../test-support/loopback-streams.ts';
import { TestLogger } from '../testing/test-logger.ts';
import { createLoopbackMediaSockets } from '../testing/loopback-media-socket.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import type { MediaClosed, MediaStart, PhoneMediaStream } from './phone-media-stream.ts';
import { MAX_BUFFERED_BYTES, MAX_BYTES_BEFORE_START } from './phone-media-stream.ts';

type Admit = (start: MediaStart) => Promise<void>;

function create(shape: 'binary' | 'marked', admit: Admit = async () => {}) {
  const clock = new ManualClock();
  const logger = new TestLogger();
  const { ours, theirs } = createLoopbackMediaSockets();
  const received: (TextMessage | number)[] = [];
  let socketEnd: { code: number; reason: string } | undefined;
  theirs.setHandlers({
    message: (data, isBinary) =>
      void received.push(
        isBinary ? data.length : (JSON.parse(Buffer.from(data).toString()) as TextMessage),
      ),
    close: (code, reason) => void (socketEnd = { code, reason }),
    error: () => {},
  });
  const options = { clock, logger, callId: 'c1', admit };
  const stream: PhoneMediaStream =
    shape === 'binary'
      ? new BinaryLoopbackStream(ours, options)
      : new MarkedLoopbackStream(ours, options);
  let closed: MediaClosed | undefined;
  void stream.closed.then((value) => (closed = value));
  return {
    clock,
    logger,
    stream,
    received,
    ours,
    theirs,
    say: (message: TextMessage): void => theirs.send(JSON.stringify(message)),
    /** One 20 ms frame of the marked protocol. */
    media: (n: number, bytes: Uint8Array = new Uint8Array(160).fill(0x80)): void =>
      theirs.send(
        JSON.stringify({
          event: 'media',
          chunk: n + 1,
          timestampMs: n * 20,
          payload: Buffer.from(bytes).toString('base64'),
        }),
      ),
    /** Lets messages arrive and promises settle. */
    turn: (): Promise<void> => clock.advance(0),
    closed: () => closed,
    socketEnd: () => socketEnd,
  };
}

async function started(shape: 'binary' | 'marked') {
  const parts = create(shape);
  parts.say({ event: shape === 'binary' ? 'connected' : 'start', callId: 'A1' });
  await parts.turn();
  expect(parts.stream.start?.providerCallId).toBe('A1');
  return parts;
}

function l16(value: number, samples = 320): Uint8Array {
  return new Uint8Array(new Int16Array(samples).fill(value).buffer);
}

describe.each(['binary', 'marked'] as const)('a stream of the %s protocol', (shape) => {
  test('starts when it was admitted, and not before', async () => {
    let admitted = (): void => {};
    const { stream, say, turn, clock } = create(shape, (start) => {
      expect(start.providerCallId).toBe('A1');
      return new Promise((resolve) => (admitted = resolve));
    });
    say({ event: shape === 'binary' ? 'connected' : 'start', callId: 'A1' });
    await turn();
    expect(stream.start).toBeUndefined();
    expect(stream.sendAudio(new Int16Array(stream.outboundFrameSamples))).toBe(false);
    admitted();
    await turn();
    expect(stream.start).toMatchObject({ streamId: 's1', providerCallId: 'A1' });
    expect(await stream.started).toBe(stream.start);
    expect(clock.timerCount).toBe(0);
  });

  test('is closed with 1008 when no start comes within five seconds', async () => {
    const { clock, stream, closed, socketEnd } = create(shape);
    await clock.advance(4_999);
    expect(closed()).toBeUndefined();
    await clock.advance(1);
    expect(closed()).toMatchObject({ reason: 'refused', error: { code: 'media_protocol' } });
    expect(socketEnd()?.code).toBe(1008);
    await expect(stream.started).rejects.toMatchObject({ code: 'media_protocol' });
  });

  test('is closed with 1008 when it is not admitted', async () => {
    const { say, turn, closed, socketEnd, stream, clock } = create(shape, () =>
      Promise.reject(new MediaAdmissionError(401, 'The media token was used already.')),
    );
    say({ event: shape === 'binary' ? 'connected' : 'start', callId: 'A1' });
    await turn();
    expect(closed()).toMatchObject({ reason: 'refused', error: { code: 'media_unauthorized' } });
    expect(socketEnd()).toEqual({ code: 1008, reason: 'refused' });
    expect(stream.isClosed).toBe(true);
    expect(clock.timerCount).toBe(0);
  });

  test('ends once when its socket is lost', async () => {
    const { stream, theirs, turn, closed, clock } = await started(shape);
    theirs.destroy();
    await turn();
    expect(closed()).toEqual({ reason: 'socket-closed' });
    stream.close();
    await turn();
    expect(await stream.closed).toEqual({ reason: 'socket-closed' });
    expect(clock.timerCount).toBe(0);
  });

  test('ends once when we close it, with our code', async () => {
    const { stream, turn, closed, socketEnd } = await started(shape);
    stream.close(1001, 'moving');
    stream.close(1000, 'again');
    await turn();
    expect(closed()).toEqual({ reason: 'closed-by-us' });
    expect(socketEnd()).toEqual({ code: 1001, reason: 'moving' });
  });

  test('sends nothing after its end', async () => {
    const { stream, received, turn } = await started(shape);
    stream.close();
    expect(stream.sendAudio(new Int16Array(stream.outboundFrameSamples))).toBe(false);
    stream.sendMark('m');
    stream.clear();
    await turn();
    expect(received).toEqual([]);
  });

  test('a socket that closes before its start leaves a stream that never started', async () => {
    const { stream, theirs, turn, closed, clock } = create(shape);
    theirs.close(1000, '');
    await turn();
    expect(closed()).toEqual({ reason: 'socket-closed' });
    await expect(stream.started).rejects.toMatchObject({ code: 'media_closed' });
    expect(clock.timerCount).toBe(0);
  });

  test('closing it in the middle of its admission is final, whatever the admission says', async () => {
    for (const outcome of ['admitted', 'refused'] as const) {
      let settle = (): void => {};
      const { stream, say, turn, closed, logger, clock } = create(
        shape,
        () =>
          new Promise((resolve, reject) => {
            settle = outcome === 'admitted' ? resolve : () => reject(new Error('too late'));
          }),
      );
      say({ event: shape === 'binary' ? 'connected' : 'start', callId: 'A1' });
      await turn();
      stream.close();
      await turn();
      settle();
      await turn();
      expect(stream.start).toBeUndefined();
      expect(closed()).toEqual({ reason: 'closed-by-us' });
      await expect(stream.started).rejects.toMatchObject({ code: 'media_closed' });
      expect(logger.lines).toEqual([]);
      expect(clock.timerCount).toBe(0);
    }
  });

  test('a message that cannot be read is dropped with one warning, and the call goes on', async () => {
    const { theirs, turn, logger, closed, stream, say } = await started(shape);
    const digits: string[] = [];
    stream.on('digit-received', (digit) => digits.push(digit));
    for (let i = 0; i < 50; i++) theirs.send('{"event":');
    say({ event: 'dtmf', digit: '7' });
    await turn();
    expect(closed()).toBeUndefined();
    expect(digits).toEqual(['7']);
    expect(logger.lines).toHaveLength(1);
    expect(logger.lines[0]).toMatchObject({ level: 'warn', fields: { callId: 'c1' } });
    stream.close();
    expect(logger.lines).toHaveLength(2);
    expect(logger.lines[1]!.fields).toMatchObject({ count: 50 });
  });

  test('a listener that throws stops neither the others nor the stream', async () => {
    const { stream, say, theirs, media, turn, logger } = await started(shape);
    let frames = 0;
    const digits: string[] = [];
    stream.onAudio(() => {
      throw new Error('audio');
    });
    stream.onAudio(() => frames++);
    stream.on('digit-received', () => {
      throw new Error('digit');
    });
    stream.on('digit-received', (digit) => digits.push(digit));
    say({ event: 'dtmf', digit: '1' });
    if (shape === 'binary') theirs.send(l16(1));
    else media(0);
    await turn();
    expect(frames).toBe(1);
    expect(digits).toEqual(['1']);
    expect(logger.lines).toHaveLength(1);
  });
});

test('a socket that sends too much before its start is closed', async () => {
  const { theirs, turn, closed, socketEnd } = create('marked');
  const message = JSON.stringify({ event: 'hello', payload: 'x'.repeat(8_000) });
  theirs.send(message);
  theirs.send(message);
  await turn();
  expect(closed()).toBeUndefined();
  theirs.send(
    JSON.stringify({
      event: 'hello',
      payload: 'x'.repeat(MAX_BYTES_BEFORE_START - 2 * message.length),
    }),
  );
  await turn();
  expect(closed()).toMatchObject({ reason: 'refused' });
  expect(socketEnd()?.code).toBe(1008);
  expect(MAX_BYTES_BEFORE_START).toBe(16_384);
});

test('a single huge message before the start is not even read', async () => {
  const { theirs, turn, closed, logger } = create('marked');
  theirs.send(`{"event":"start","callId":"A1","payload":"${'x'.repeat(20_000)}"}`);
  await turn();
  expect(closed()?.reason).toBe('refused');
  expect(JSON.stringify(logger.lines)).toContain('too much');
});

test('a second start changes nothing', async () => {
  let admissions = 0;
  const { say, turn, stream, logger, closed } = create('marked', async () => void admissions++);
  say({ event: 'start', callId: 'A1' });
  say({ event: 'start', callId: 'A2' });
  await turn();
  say({ event: 'start', callId: 'A3' });
  await turn();
  expect(stream.start?.providerCallId).toBe('A1');
  expect(admissions).toBe(1);
  expect(closed()).toBeUndefined();
  expect(logger.lines).toHaveLength(1);
});

test('audio in a form that is not known ends the stream with 1003, and is no noise', async () => {
  const { theirs, turn, closed, socketEnd, stream } = create('marked');
  theirs.send(JSON.stringify({ event: 'start', callId: 'A1', encoding: 'G722', rate: 8000 }));
  await turn();
  expect(closed()).toMatchObject({ reason: 'refused', error: { code: 'audio_unsupported' } });
  expect(closed()?.error?.message).toContain('G722');
  expect(socketEnd()?.code).toBe(1003);
  await expect(stream.started).rejects.toMatchObject({ code: 'audio_unsupported' });
});

test('the provider may stop the stream, also while it is admitted, but not before its start', async () => {
  const going = await started('marked');
  going.say({ event: 'stop' });
  await going.turn();
  expect(going.closed()).toEqual({ reason: 'stopped' });

  let admitted = (): void => {};
  const admitting = create('marked', () => new Promise((resolve) => (admitted = resolve)));
  admitting.say({ event: 'start', callId: 'A1' });
  admitting.say({ event: 'dtmf', digit: '5' });
  admitting.say({ event: 'stop' });
  await admitting.turn();
  expect(admitting.closed()).toBeUndefined();
  const digits: string[] = [];
  admitting.stream.on('digit-received', (digit) => digits.push(digit));
  admitted();
  await admitting.turn();
  expect(digits).toEqual(['5']);
  expect(admitting.closed()).toEqual({ reason: 'stopped' });

  const early = create('marked');
  early.say({ event: 'stop' });
  await early.turn();
  expect(early.closed()?.reason).toBe('refused');
});

test('audio before the start is dropped', async () => {
  const { theirs, say, turn, stream } = create('binary');
  theirs.send(l16(1));
  say({ event: 'connected', callId: 'A1' });
  theirs.send(l16(2));
  await turn();
  const backlog = stream.takeBacklog();
  expect(backlog).toHaveLength(1);
  expect(backlog[0]!.samples[0]).toBe(2);
});

test('the last ten seconds of the caller’s audio are kept until somebody listens', async () => {
  const { theirs, turn, stream } = await started('binary');
  for (let n = 0; n < 520; n++) theirs.send(l16(n));
  await turn();
  const backlog = stream.takeBacklog();
  expect(backlog).toHaveLength(500);
  expect(backlog.map(({ samples }) => samples[319])).toEqual(
    Array.from({ length: 500 }, (_, n) => n + 20),
  );
  expect(backlog[0]!.timestampSamples).toBe(20 * 320);
  expect(stream.takeBacklog()).toEqual([]);
  theirs.send(l16(1));
  await turn();
  expect(stream.takeBacklog()).toEqual([]);
});

test('listeners get borrowed frames in order from the moment they listen, and no backlog', async () => {
  const { theirs, turn, stream } = await started('binary');
  theirs.send(l16(1));
  await turn();
  const kept: AudioFrame[] = [];
  const seen: [number, number][] = [];
  const unsubscribe = stream.onAudio((frame) => {
    kept.push(frame);
    seen.push([frame.samples[0]!, frame.timestampSamples]);
  });
  theirs.send(l16(2));
  theirs.send(l16(3));
  await turn();
  expect(seen).toEqual([
    [2, 320],
    [3, 640],
  ]);
  expect(kept[0]!.samples[0]).toBe(3);
  unsubscribe();
  theirs.send(l16(4));
  await turn();
  expect(seen).toHaveLength(2);
});

test('audio() gives copies from the backlog on, until the stream is over', async () => {
  const { theirs, turn, stream } = await started('binary');
  theirs.send(l16(1));
  theirs.send(l16(2));
  await turn();
  const values: number[] = [];
  const frames: AudioFrame[] = [];
  const reading = (async () => {
    for await (const frame of stream.audio()) {
      values.push(frame.samples[0]!);
      frames.push(frame);
    }
  })();
  theirs.send(l16(3));
  await turn();
  theirs.send(l16(4));
  await turn();
  theirs.close(1000, '');
  await turn();
  await reading;
  expect(values).toEqual([1, 2, 3, 4]);
  expect(frames.map(({ samples }) => samples[319])).toEqual(values);
});

test('audio() of a stream that is over is empty', async () => {
  const { stream } = await started('binary');
  stream.close();
  for await (const frame of stream.audio()) throw new Error(`unexpected ${frame.timestampSamples}`);
});

test('after the end nothing is told any more', async () => {
  const { stream, say, media, turn } = await started('marked');
  const told: unknown[] = [];
  stream.onAudio(({ timestampSamples }) => told.push(timestampSamples));
  stream.on('digit-received', (digit) => told.push(digit));
  stream.on('mark-received', (name) => told.push(name));
  say({ event: 'dtmf', digit: '1' });
  say({ event: 'stop' });
  say({ event: 'dtmf', digit: '2' });
  say({ event: 'mark', name: 'm' });
  media(0);
  await turn();
  expect(told).toEqual(['1']);
});

test('our audio goes out in the form that was agreed, frame by frame', async () => {
  const binary = await started('binary');
  expect(binary.stream.outboundFormat).toEqual({ encoding: 'L16', sampleRate: 16000 });
  expect(binary.stream.outboundFrameSamples).toBe(320);
  expect(binary.stream.sendAudio(new Int16Array(320).fill(5))).toBe(true);
  await binary.turn();
  expect(binary.received).toEqual([640]);

  const marked = await started('marked');
  const samples = new Int16Array(160);
  expect(marked.stream.sendAudio(samples)).toBe(true);
  expect(marked.stream.sendAudio(samples.fill(32_000))).toBe(true);
  samples.fill(0);
  await marked.turn();
  const payloads = marked.received.map((message) =>
    Buffer.from((message as TextMessage).payload!, 'base64'),
  );
  expect(payloads).toHaveLength(2);
  expect([...payloads[0]!]).toEqual(new Array(160).fill(0xff));
  expect([...payloads[1]!]).toEqual(new Array(160).fill(0x80));
});

test('inbound and outbound codecs are apart: A-law in, mu-law out', async () => {
  const { theirs, media, turn, stream, received } = create('marked');
  theirs.send(JSON.stringify({ event: 'start', callId: 'A1', encoding: 'PCMA', rate: 8000 }));
  media(0, new Uint8Array(160).fill(0xaa));
  await turn();
  expect(stream.takeBacklog()[0]!.samples[0]).toBe(32_256);
  stream.sendAudio(new Int16Array(160));
  await turn();
  expect(Buffer.from((received[0] as TextMessage).payload!, 'base64')[0]).toBe(0xff);
});

test('marks are asked for only where the provider answers them', async () => {
  const marked = await started('marked');
  expect(marked.stream.supportsMarks).toBe(true);
  const echoes: string[] = [];
  marked.stream.on('mark-received', (name) => echoes.push(name));
  marked.stream.sendMark('m1');
  marked.stream.clear();
  marked.say({ event: 'mark', name: 'm1' });
  await marked.turn();
  expect(marked.received).toEqual([{ event: 'mark', name: 'm1' }, { event: 'clear' }]);
  expect(echoes).toEqual(['m1']);

  const binary = await started('binary');
  expect(binary.stream.supportsMarks).toBe(false);
  binary.stream.sendMark('m1');
  binary.stream.clear();
  await binary.turn();
  expect(binary.received).toEqual([{ event: 'clear' }]);
});

test('audio is dropped while the network does not keep up, and flows again when it does', async () => {
  const { stream, ours, received, turn, logger } = await started('binary');
  const samples = new Int16Array(320);
  ours.bufferedAmount = MAX_BUFFERED_BYTES + 1;
  for (let i = 0; i < 100; i++) expect(stream.sendAudio(samples)).toBe(false);
  ours.bufferedAmount = MAX_BUFFERED_BYTES;
  expect(stream.sendAudio(samples)).toBe(true);
  await turn();
  expect(received).toEqual([640]);
  expect(logger.lines).toHaveLength(1);
  expect(logger.lines[0]!.fields).toMatchObject({ kind: 'backpressure' });
});

test('half a sample in a binary frame costs that frame, not the process', async () => {
  const { theirs, turn, stream, closed } = await started('binary');
  const seen: number[] = [];
  stream.onAudio(({ samples }) => seen.push(samples[0]!));
  theirs.send(l16(1));
  theirs.send(new Uint8Array(639));
  theirs.send(l16(3));
  await turn();
  expect(seen).toEqual([1, 3]);
  expect(closed()).toBeUndefined();
});
