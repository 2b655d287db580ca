import { createSoundSearch } from './correlation.ts';

/** Noise from a seed: two seeds have nothing in common. */
function noise(seed: number, length: number): Int16Array {
  let state = seed;
  return Int16Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 18) - 8_192;
  });
}

function join(...parts: Int16Array[]): Int16Array {
  return Int16Array.from(parts.flatMap((part) => [...part]));
}

const sound = noise(1, 8_000);
const heard = join(
  noise(2, 3_001),
  sound.map((sample) => sample / 4),
  noise(3, 5_000),
);
const search = createSoundSearch(heard, 10_000);

test('a sound is found wherever it is, at any level', () => {
  expect(search.find(sound)).toBeCloseTo(1, 3);
  expect(search.findLeastAlike(sound)).toBeCloseTo(1, 3);
});

test('another sound is not found', () => {
  expect(search.find(noise(4, 8_000))).toBeLessThan(0.1);
  expect(search.findLeastAlike(noise(4, 8_000))).toBeLessThan(0.3);
});

test('one word that is another hardly changes the whole, but is the part that is least alike', () => {
  const changed = sound.slice();
  changed.set(noise(5, 1_600), 3_000);
  expect(search.find(changed)).toBeGreaterThan(0.75);
  expect(search.findLeastAlike(changed)).toBeLessThan(0.3);
});

test('pauses are not compared', () => {
  const withPause = join(sound.subarray(0, 4_000), new Int16Array(2_000), sound.subarray(4_000));
  const hummed = withPause.slice();
  hummed.set(
    noise(6, 2_000).map((sample) => sample / 200),
    4_000,
  );
  expect(createSoundSearch(hummed, 10_000).findLeastAlike(withPause)).toBeCloseTo(1, 2);
});

test('nothing is found in silence, nor in too little', () => {
  expect(createSoundSearch(new Int16Array(9_000), 10_000).find(sound)).toBe(0);
  expect(createSoundSearch(new Int16Array(9_000), 10_000).findLeastAlike(sound)).toBe(0);
  expect(createSoundSearch(new Int16Array(100), 10_000).find(sound)).toBe(0);
  expect(createSoundSearch(new Int16Array(100), 10_000).findLeastAlike(sound)).toBe(0);
  expect(() => search.find(new Int16Array(10_001))).toThrow(RangeError);
});
