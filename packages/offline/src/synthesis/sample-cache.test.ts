import { SampleCache } from './sample-cache.ts';

test('drops what was used least recently when the limit is passed', () => {
  const cache = new SampleCache(10);
  cache.set('a', new Int16Array(4));
  cache.set('b', new Int16Array(4));
  expect(cache.get('a')).toHaveLength(4);
  cache.set('c', new Int16Array(4));
  expect(cache.get('b')).toBeUndefined();
  expect(cache.get('a')).toHaveLength(4);
  expect(cache.heldSamples).toBe(8);
});

test('keeps nothing that is longer than the whole limit, and forgets what it replaces', () => {
  const cache = new SampleCache(10);
  cache.set('a', new Int16Array(6));
  cache.set('a', new Int16Array(11));
  expect(cache.get('a')).toBeUndefined();
  expect(cache.heldSamples).toBe(0);
  cache.set('a', new Int16Array(6));
  cache.set('a', new Int16Array(8));
  expect(cache.heldSamples).toBe(8);
  cache.clear();
  expect(cache.get('a')).toBeUndefined();
});
