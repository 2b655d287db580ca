import fc from 'fast-check';
import { createMixer } from './mixer.ts';

test('sums any number of sources and holds the sum at the limits of 16 bits', () => {
  const mixer = createMixer(8);
  const frame = fc.int16Array({ minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 6 }), (frames) => {
      for (const samples of frames) mixer.add(samples);
      expect(mixer.sources).toBe(frames.length);
      const mixed = new Int16Array(8);
      mixer.finish(mixed);
      const expected = Array.from({ length: 8 }, (_, i) => {
        const sum = frames.reduce((total, samples) => total + samples[i]!, 0);
        return Math.min(32_767, Math.max(-32_768, sum));
      });
      expect([...mixed]).toEqual(expected);
    }),
  );
});

test('passes a single source on bit for bit', () => {
  const mixer = createMixer(4);
  const mixed = new Int16Array(4);
  mixer.add(Int16Array.of(-32_768, 32_767, 1, -1));
  mixer.finish(mixed);
  expect([...mixed]).toEqual([-32_768, 32_767, 1, -1]);
});

test('takes a voice back below the limit again when another one cancels it', () => {
  const mixer = createMixer(1);
  const mixed = new Int16Array(1);
  for (const value of [30_000, 30_000, -30_000]) mixer.add(Int16Array.of(value));
  mixer.finish(mixed);
  expect([...mixed]).toEqual([30_000]);
});

test('begins each frame anew, after finish and after clear', () => {
  const mixer = createMixer(2);
  const mixed = new Int16Array(2);
  mixer.add(Int16Array.of(5, 6));
  mixer.finish(mixed);
  mixer.finish(mixed);
  expect([...mixed]).toEqual([0, 0]);
  mixer.add(Int16Array.of(5, 6));
  mixer.clear();
  expect(mixer.sources).toBe(0);
  mixer.add(Int16Array.of(1, 2));
  mixer.finish(mixed);
  expect([...mixed]).toEqual([1, 2]);
});

test('goes on in silence where a source is short, whichever comes first', () => {
  const mixer = createMixer(3);
  const mixed = new Int16Array(3);
  mixer.add(Int16Array.of(9, 9, 9));
  mixer.finish(mixed);
  mixer.add(Int16Array.of(1));
  mixer.add(Int16Array.of(10, 20, 30));
  mixer.finish(mixed);
  expect([...mixed]).toEqual([11, 20, 30]);
});

test('leaves what lies behind the frame alone', () => {
  const mixer = createMixer(2);
  const into = Int16Array.of(7, 7, 7);
  mixer.finish(into);
  expect([...into]).toEqual([0, 0, 7]);
});

test('refuses frames that are too long, scratch that is too short, and sizes that are none', () => {
  const mixer = createMixer(2);
  expect(() => mixer.add(new Int16Array(3))).toThrow(RangeError);
  expect(() => mixer.finish(new Int16Array(1))).toThrow(RangeError);
  expect(() => createMixer(0)).toThrow(RangeError);
  expect(() => createMixer(Number.NaN)).toThrow(RangeError);
});
