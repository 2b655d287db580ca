import { ToneGenerator, toneShare } from '../testing/index.ts';
import { resampleAll } from './resample-all.ts';

test('a sound of any length comes whole, with room for what the filter holds back', () => {
  const tone = new ToneGenerator(440, 16_000).fill(new Int16Array(16_123));
  const narrow = resampleAll(tone, 16_000, 8_000);
  expect(narrow.length % 160).toBe(0);
  expect(narrow.length).toBeGreaterThan(16_123 / 2);
  expect(toneShare(narrow.subarray(160, 8_000), 8_000, 440)).toBeGreaterThan(0.99);
  // What was there at the very end is there, a little later.
  expect(narrow.subarray(8_061).some((sample) => Math.abs(sample) > 1_000)).toBe(true);
});

test('between equal rates it is the sound itself', () => {
  const sound = Int16Array.of(1, 2, 3);
  expect(resampleAll(sound, 8_000, 8_000)).toBe(sound);
});
