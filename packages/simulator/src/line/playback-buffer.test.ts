import fc from 'fast-check';
import { PlaybackBuffer } from './playback-buffer.ts';

const FRAME = 160;

/** Samples that tell where they stood in what was sent. */
function numbered(from: number, count: number): Int16Array {
  return Int16Array.from({ length: count }, (_, i) => from + i + 1);
}

function create(): { buffer: PlaybackBuffer; marks: string[] } {
  const marks: string[] = [];
  return { buffer: new PlaybackBuffer(FRAME, (name) => marks.push(name)), marks };
}

test('audio is played frame by frame, and counted as played only when its time has passed', () => {
  const { buffer } = create();
  buffer.startFrame(0);
  buffer.write(numbered(0, 400), 5);
  expect(buffer.playedSamples(19)).toBe(0);
  expect(buffer.finishFrame().every((sample) => sample === 0)).toBe(true);
  buffer.startFrame(20);
  expect(buffer.playedSamples(20)).toBe(0);
  expect(buffer.playedSamples(30)).toBe(80);
  expect(buffer.bufferedSamples(30)).toBe(320);
  expect([...buffer.finishFrame()]).toEqual([...numbered(0, 160)]);
  buffer.startFrame(40);
  buffer.finishFrame();
  buffer.startFrame(60);
  expect(buffer.playedSamples(70)).toBe(400);
  expect(buffer.playedSamples(79)).toBe(400);
  expect([...buffer.finishFrame().subarray(0, 81)]).toEqual([...numbered(320, 80), 0]);
  expect(buffer.spans).toEqual([{ heardAtMs: 20, firstSample: 0, sampleCount: 400 }]);
});

test('it is known when each sample was heard, across a gap', () => {
  const { buffer } = create();
  buffer.write(numbered(0, 160), 0);
  for (const atMs of [0, 20, 40]) {
    buffer.startFrame(atMs);
    buffer.finishFrame();
  }
  buffer.write(numbered(160, 160), 60);
  buffer.startFrame(60);
  buffer.finishFrame();
  expect(buffer.spans).toHaveLength(2);
  expect(buffer.heardAtMs(0)).toBe(0);
  expect(buffer.heardAtMs(80)).toBe(10);
  expect(buffer.heardAtMs(160)).toBe(60);
  expect(buffer.heardAtMs(320)).toBeUndefined();
});

test('audio that arrives before the last sample was played goes on without a gap', () => {
  const { buffer } = create();
  buffer.write(numbered(0, 80), 0);
  buffer.startFrame(0);
  buffer.write(numbered(80, 240), 9);
  expect([...buffer.finishFrame()]).toEqual([...numbered(0, 160)]);
  buffer.startFrame(20);
  expect([...buffer.finishFrame()]).toEqual([...numbered(160, 160)]);
  expect(buffer.spans).toEqual([{ heardAtMs: 0, firstSample: 0, sampleCount: 320 }]);
});

test('audio that arrives after the gap has begun waits for the next frame', () => {
  const { buffer } = create();
  buffer.write(numbered(0, 80), 0);
  buffer.startFrame(0);
  buffer.write(numbered(80, 80), 11);
  expect(buffer.finishFrame()[80]).toBe(0);
  buffer.startFrame(20);
  expect(buffer.finishFrame()[0]).toBe(81);
});

test('a mark comes at once when nothing is held, else when all before it was played', () => {
  const { buffer, marks } = create();
  buffer.mark('empty');
  expect(marks).toEqual(['empty']);
  buffer.write(numbered(0, 160), 0);
  buffer.mark('after one frame');
  buffer.write(numbered(160, 1), 0);
  buffer.mark('after one sample more');
  buffer.startFrame(0);
  expect(marks).toEqual(['empty']);
  buffer.finishFrame();
  expect(marks).toEqual(['empty', 'after one frame']);
  buffer.startFrame(20);
  buffer.finishFrame();
  expect(marks).toEqual(['empty', 'after one frame', 'after one sample more']);
});

test('a clear silences the rest of the frame at that very sample and returns all marks', () => {
  const { buffer, marks } = create();
  buffer.write(numbered(0, 800), 0);
  buffer.mark('a');
  buffer.mark('b');
  buffer.startFrame(0);
  buffer.clear(7.5);
  expect(marks).toEqual(['a', 'b']);
  expect(buffer.playedSamples(15)).toBe(60);
  expect(buffer.bufferedSamples(15)).toBe(0);
  const frame = buffer.finishFrame();
  expect(frame[59]).toBe(60);
  expect(frame[60]).toBe(0);
  buffer.write(numbered(800, 160), 20);
  buffer.startFrame(20);
  buffer.finishFrame();
  expect(buffer.heardAtMs(59)).toBe(7.375);
  expect(buffer.heardAtMs(60)).toBeUndefined();
  expect(buffer.heardAtMs(799)).toBeUndefined();
  expect(buffer.heardAtMs(800)).toBe(20);
});

test('new audio in the frame that was cleared waits for the next one', () => {
  const { buffer } = create();
  buffer.write(numbered(0, 160), 0);
  buffer.startFrame(0);
  buffer.clear(5);
  buffer.write(numbered(160, 160), 5);
  expect([...buffer.finishFrame().subarray(38, 42)]).toEqual([39, 40, 0, 0]);
  buffer.startFrame(20);
  expect(buffer.finishFrame()[0]).toBe(161);
});

test('discarding forgets the marks, for the server is gone', () => {
  const { buffer, marks } = create();
  buffer.write(numbered(0, 160), 0);
  buffer.mark('a');
  buffer.discard(0);
  buffer.finishFrame();
  expect(marks).toEqual([]);
});

test('whatever happens, each sample is heard at most once, in order, and none is unaccounted for', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('write' as const), count: fc.integer({ min: 0, max: 5_000 }) }),
    fc.record({ kind: fc.constant('tick' as const), count: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ kind: fc.constant('clear' as const), count: fc.constant(0) }),
    fc.record({ kind: fc.constant('mark' as const), count: fc.constant(0) }),
  );
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 60 }),
      fc.double({ min: 0, max: 19.9, noNaN: true }),
      (steps, phase) => {
        const { buffer, marks } = create();
        const heard: number[] = [];
        let sent = 0;
        let dropped = 0;
        let marked = 0;
        let startMs = 0;
        buffer.startFrame(0);
        for (const { kind, count } of steps) {
          const nowMs = startMs + phase;
          if (kind === 'write') {
            buffer.write(
              Int16Array.from({ length: count }, (_, i) => ((sent + i) % 30_000) + 1),
              nowMs,
            );
            sent += count;
          } else if (kind === 'clear') {
            dropped += buffer.bufferedSamples(nowMs);
            buffer.clear(nowMs);
          } else if (kind === 'mark') buffer.mark(String(marked++));
          else {
            for (let i = 0; i < count; i++) {
              for (const sample of buffer.finishFrame()) if (sample !== 0) heard.push(sample);
              startMs += 20;
              buffer.startFrame(startMs);
            }
          }
          expect(buffer.playedSamples(nowMs) + buffer.bufferedSamples(nowMs) + dropped).toBe(sent);
        }
        for (const sample of buffer.finishFrame()) if (sample !== 0) heard.push(sample);
        const spanned = buffer.spans.flatMap(({ firstSample, sampleCount }) =>
          Array.from({ length: sampleCount }, (_, i) => ((firstSample + i) % 30_000) + 1),
        );
        expect(heard).toEqual(spanned);
        expect(marks).toEqual(marks.map((_, i) => String(i)));
      },
    ),
    { numRuns: 150 },
  );
});
