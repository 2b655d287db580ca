import { decodeWav } from '@phone-agents/core';
import { ManualClock } from '@phone-agents/core/testing';
import { FrameTicker } from './frame-ticker.ts';
import { PhoneLine, type CallerSink } from './phone-line.ts';

function createLine(record = true) {
  const clock = new ManualClock();
  const errors: unknown[] = [];
  const onListenerError = (error: unknown): void => void errors.push(error);
  const ticker = new FrameTicker(clock, onListenerError);
  const line = new PhoneLine({ clock, ticker, sampleRate: 8000, record, onListenerError });
  const sent: (number[] | undefined)[] = [];
  const digits: [digit: string, atMs: number][] = [];
  const sink: CallerSink = {
    audio: (samples) => sent.push(samples && [...samples]),
    digit: (digit) => digits.push([digit, clock.now()]),
    mark: () => undefined,
  };
  return { clock, ticker, line, sink, sent, digits, errors };
}

test('speech waits for the first stream, is sent in frames, and is said when its last frame is out', async () => {
  const { clock, line, sink, sent } = createLine();
  line.open();
  const said: string[] = [];
  void line.speak(new Int16Array(200).fill(5)).then(() => said.push('first'));
  void line.speak(new Int16Array(40).fill(7)).then(() => said.push('second'));
  await clock.advance(60);
  expect(sent).toEqual([]);
  line.connect(sink);
  await clock.advance(20);
  expect(sent[0]).toEqual(new Array(160).fill(5));
  expect(said).toEqual([]);
  await clock.advance(20);
  expect(sent[1]!.slice(0, 81)).toEqual([
    ...new Array<number>(40).fill(5),
    ...new Array<number>(40).fill(7),
    0,
  ]);
  expect(said).toEqual(['first', 'second']);
  await clock.advance(20);
  expect(sent[2]).toBeUndefined();
  line.close();
});

test('what is spoken is copied, so the caller may use the buffer again', async () => {
  const { clock, line, sink, sent } = createLine();
  line.open();
  line.connect(sink);
  const samples = new Int16Array(160).fill(5);
  void line.speak(samples);
  samples.fill(9);
  await clock.advance(20);
  expect(sent[0]![0]).toBe(5);
  line.close();
});

test('words spoken while a later stream is missing are lost', async () => {
  const { clock, line, sink, sent } = createLine();
  line.open();
  line.connect(sink);
  await clock.advance(20);
  line.disconnect(sink);
  const said = line.speak(new Int16Array(160).fill(5));
  await clock.advance(20);
  await said;
  line.connect(sink);
  await clock.advance(20);
  expect(sent).toEqual([undefined, undefined]);
  line.close();
});

test('keys are pressed one after the other with 200 ms between them', async () => {
  const { clock, line, sink, digits } = createLine();
  line.open();
  line.connect(sink);
  line.press('1#');
  line.press('*');
  await clock.advance(1_000);
  expect(digits).toEqual([
    ['1', 20],
    ['#', 220],
    ['*', 420],
  ]);
  expect(() => line.press('A')).toThrow(RangeError);
  line.close();
});

test('the recording holds both sides on one time line', async () => {
  const { clock, line, sink } = createLine();
  line.open();
  line.connect(sink);
  line.playback.write(new Int16Array(160).fill(300), clock.now());
  await clock.advance(20);
  void line.speak(new Int16Array(160).fill(-200));
  await clock.advance(40);
  line.close();
  const { sampleRate, channels } = decodeWav(line.recording()!);
  expect(sampleRate).toBe(8000);
  expect(channels).toHaveLength(2);
  expect([...channels[0]!.subarray(0, 480)].map(Math.sign)).toEqual([
    ...new Array<number>(160).fill(0),
    ...new Array<number>(160).fill(-1),
    ...new Array<number>(160).fill(0),
  ]);
  expect([...channels[1]!.subarray(0, 480)].map(Math.sign)).toEqual([
    ...new Array<number>(160).fill(0),
    ...new Array<number>(160).fill(1),
    ...new Array<number>(160).fill(0),
  ]);
});

test('heard frames are borrowed: the next one uses the same memory', async () => {
  const { clock, line } = createLine();
  const buffers = new Set<ArrayBufferLike>();
  const times: number[] = [];
  line.onHeard((frame) => {
    buffers.add(frame.samples.buffer);
    times.push(frame.timestampSamples);
  });
  line.open();
  await clock.advance(60);
  expect(buffers.size).toBe(1);
  expect(times).toEqual([0, 160, 320]);
  line.close();
});

test('a listener that throws or hangs up does no harm', async () => {
  const { clock, ticker, line, errors } = createLine();
  let frames = 0;
  line.onHeard(() => {
    throw new Error('mine');
  });
  line.onHeard(() => {
    if (++frames === 3) line.close();
  });
  line.open();
  await clock.advance(200);
  expect(frames).toBe(3);
  expect(errors).toHaveLength(3);
  expect(ticker.size).toBe(0);
  expect(clock.timerCount).toBe(0);
});

test('closing ends what is being said and played', async () => {
  const { line } = createLine(false);
  line.open();
  const said = line.speak(new Int16Array(8_000));
  const played = line.playSound(new Int16Array(8_000));
  line.close();
  line.close();
  await Promise.all([said, played, line.speak(new Int16Array(10))]);
  expect(line.recording()).toBeUndefined();
});
