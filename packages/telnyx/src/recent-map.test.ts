import { RecentMap } from './recent-map.ts';

test('remembers what was set, the newest value of a key', () => {
  const map = new RecentMap<number>();
  map.set('a', 1, 0);
  map.set('a', 2, 1);
  expect(map.get('a')).toBe(2);
  expect(map.size).toBe(1);
  expect(map.take('a')).toBe(2);
  expect(map.has('a')).toBe(false);
});

test('forgets what is ten minutes old as soon as something new comes', () => {
  const map = new RecentMap<number>();
  map.set('old', 1, 0);
  map.set('newer', 2, 300_000);
  map.set('new', 3, 600_000);
  expect([map.has('old'), map.has('newer'), map.has('new')]).toEqual([false, true, true]);
});

test('a key that is set again is young again', () => {
  const map = new RecentMap<number>();
  map.set('a', 1, 0);
  map.set('b', 1, 1);
  map.set('a', 2, 599_999);
  map.set('c', 3, 600_001);
  expect([map.has('a'), map.has('b')]).toEqual([true, false]);
});

test('holds 10,000 keys at the most', () => {
  const map = new RecentMap<number>();
  for (let key = 0; key < 10_050; key++) map.set(String(key), key, 0);
  expect(map.size).toBe(10_000);
  expect(map.has('49')).toBe(false);
  expect(map.has('50')).toBe(true);
});
