import { createRandom } from './random.ts';

test('the same seed and name give the same numbers, another name gives others', () => {
  const draw = (seed: number, name: string): number[] => {
    const random = createRandom(seed, name);
    return Array.from({ length: 50 }, () => random.next());
  };
  expect(draw(7, 'media')).toEqual(draw(7, 'media'));
  expect(draw(7, 'media')).not.toEqual(draw(8, 'media'));
  expect(draw(7, 'media')).not.toEqual(draw(7, 'webhooks'));
});

test('chance comes out about as often as asked for', () => {
  const random = createRandom(1);
  let hits = 0;
  for (let i = 0; i < 20_000; i++) if (random.chance(0.25)) hits++;
  expect(hits / 20_000).toBeCloseTo(0.25, 1);
  expect(random.chance(0)).toBe(false);
  expect(random.chance(undefined)).toBe(false);
  expect(random.chance(1)).toBe(true);
});

test('integers stay below their limit and reach all values', () => {
  const random = createRandom(3);
  const seen = new Set(Array.from({ length: 500 }, () => random.integer(6)));
  expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5]);
});
