import { readWebhookPatience } from './webhook-overrides.ts';

test('without overrides: 5 s to connect, 15 s in all, one more try when no connection came about', () => {
  expect(readWebhookPatience('https://a.test/v')).toEqual({
    connectTimeoutMs: 5_000,
    readTimeoutMs: 15_000,
    totalTimeoutMs: 15_000,
    retries: 1,
    retryCauses: new Set(['ct']),
  });
});

test('overrides in the fragment count, and are held within their limits', () => {
  expect(readWebhookPatience('https://a.test/v#ct=1&rt=2000&tt=99999&rc=9&rp=5xx,rt')).toEqual({
    connectTimeoutMs: 100,
    readTimeoutMs: 2_000,
    totalTimeoutMs: 15_000,
    retries: 5,
    retryCauses: new Set(['rt', '5xx']),
  });
  expect(readWebhookPatience('https://a.test/v#rp=all&rc=x').retryCauses).toEqual(
    new Set(['ct', 'rt', '4xx', '5xx']),
  );
  expect(readWebhookPatience('https://a.test/v#rc=x').retries).toBe(1);
});
