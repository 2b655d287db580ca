import { loudness, toFloat, toInt16 } from './samples.ts';

test('16-bit samples survive both ways, and what is too loud is cut off', () => {
  const samples = Int16Array.of(-32_768, -1, 0, 1, 32_767);
  expect(toInt16(toFloat(samples))).toEqual(samples);
  expect(toInt16(Float32Array.of(1.5, -1.5))).toEqual(Int16Array.of(32_767, -32_768));
});

test('loudness goes from silence to full scale, by decibels', () => {
  expect(loudness(new Int16Array(160))).toBe(0);
  expect(loudness(new Int16Array(160).fill(-32_768))).toBeCloseTo(1, 5);
  expect(loudness(new Int16Array(160).fill(1_036))).toBeCloseTo(0.5, 2);
});
