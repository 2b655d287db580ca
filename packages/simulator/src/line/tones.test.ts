import { keyTones, voiceHum } from './tones.ts';

/** Power of one frequency (Goertzel). */
function power(samples: Int16Array, hertz: number): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * hertz) / 8000);
  let previous = 0;
  let beforeThat = 0;
  for (const sample of samples) {
    const next = sample + coefficient * previous - beforeThat;
    beforeThat = previous;
    previous = next;
  }
  return previous ** 2 + beforeThat ** 2 - coefficient * previous * beforeThat;
}

test.each([
  ['1', 697, 1209],
  ['5', 770, 1336],
  ['9', 852, 1477],
  ['0', 941, 1336],
  ['#', 941, 1477],
])('key %s sounds with %i and %i Hz', (key, row, column) => {
  const tone = keyTones(key, 8000).subarray(0, 800);
  const others = [697, 770, 852, 941, 1209, 1336, 1477].filter((f) => f !== row && f !== column);
  const loudestOther = Math.max(...others.map((f) => power(tone, f)));
  expect(power(tone, row)).toBeGreaterThan(50 * loudestOther);
  expect(power(tone, column)).toBeGreaterThan(50 * loudestOther);
});

test('keys last 200 ms each, and w half a second', () => {
  expect(keyTones('12w', 8000)).toHaveLength(1_600 + 1_600 + 4_000);
  expect(voiceHum(1_500, 8000)).toHaveLength(12_000);
});
