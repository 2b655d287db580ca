import type { CallRecord, MediaTokenRecord } from './call-store.ts';
import { MAX_TOMBSTONES, MemoryCallStore, TOMBSTONE_MS } from './memory-call-store.ts';

function record(id: string, providerCallId?: string, createdAtMs = 0): CallRecord {
  return { id, provider: 'acme', providerCallId, direction: 'inbound', createdAtMs };
}

function token(callId: string, tokenHash: string, reopenWithinMs = 0): MediaTokenRecord {
  return { callId, tokenHash, expiresAtMs: 1_000, reopenWithinMs };
}

test('of two reports of a call at once only one creates it', async () => {
  const store = new MemoryCallStore();
  const [first, second] = await Promise.all([
    store.createIfAbsent(record('c1', 'A1')),
    store.createIfAbsent(record('c2', 'A1')),
  ]);
  expect(first).toEqual({ record: record('c1', 'A1'), created: true });
  expect(second).toEqual({ record: record('c1', 'A1'), created: false });
  expect(store.activeCount).toBe(1);
});

test('the same id at another provider is another call', async () => {
  const store = new MemoryCallStore();
  await store.createIfAbsent(record('c1', 'A1'));
  const other = { ...record('c2', 'A1'), provider: 'other' };
  expect((await store.createIfAbsent(other)).created).toBe(true);
});

test('a call is found by our id and by the provider’s, once it is bound', async () => {
  const store = new MemoryCallStore();
  await store.createIfAbsent(record('c1'));
  const byProvider = { provider: 'acme', providerCallId: 'A1' };
  expect(await store.find({ id: 'c1' })).toEqual(record('c1'));
  expect(await store.find(byProvider)).toBeUndefined();
  await store.bindProviderCall('c1', 'A1');
  expect(await store.find(byProvider)).toEqual(record('c1', 'A1'));
  await store.bindProviderCall('c1', 'A2');
  expect(await store.find({ provider: 'acme', providerCallId: 'A2' })).toBeUndefined();
  expect(await store.find({ id: 'unknown' })).toBeUndefined();
});

test('an ended call stays known with its reason, and cannot be created anew', async () => {
  const store = new MemoryCallStore();
  await store.createIfAbsent(record('c1', 'A1'));
  await store.end('c1', 'hung-up', 10);
  await store.end('c1', 'failed', 20);
  expect(store.activeCount).toBe(0);
  const again = await store.createIfAbsent(record('c2', 'A1', 10));
  expect(again).toEqual({
    record: { ...record('c1', 'A1'), endReason: 'hung-up' },
    created: false,
  });
});

test('ended calls are forgotten after ten minutes', async () => {
  const store = new MemoryCallStore();
  await store.createIfAbsent(record('c1', 'A1'));
  await store.end('c1', 'hung-up', 1_000);
  expect((await store.createIfAbsent(record('c2', 'A1', 1_000 + TOMBSTONE_MS - 1))).created).toBe(
    false,
  );
  expect((await store.createIfAbsent(record('c3', 'A1', 1_000 + TOMBSTONE_MS))).created).toBe(true);
  expect(store.endedCount).toBe(0);
});

test('calls without a provider’s id make room for themselves too', async () => {
  const store = new MemoryCallStore();
  await store.createIfAbsent(record('c1'));
  await store.end('c1', 'no-answer', 0);
  await store.createIfAbsent(record('c2', undefined, TOMBSTONE_MS));
  expect(store.endedCount).toBe(0);
});

test('of very many ended calls the oldest are forgotten first', async () => {
  const store = new MemoryCallStore();
  for (let call = 0; call <= MAX_TOMBSTONES; call++) {
    await store.createIfAbsent(record(`c${call}`, `A${call}`));
    await store.end(`c${call}`, 'hung-up', call);
  }
  expect(store.endedCount).toBe(MAX_TOMBSTONES);
  expect(await store.find({ provider: 'acme', providerCallId: 'A0' })).toBeUndefined();
  expect(await store.find({ provider: 'acme', providerCallId: 'A1' })).toBeDefined();
});

test('forgetting an old call does not forget a new one of the same id', async () => {
  const store = new MemoryCallStore();
  await store.createIfAbsent(record('c1', 'A1'));
  await store.end('c1', 'hung-up', 0);
  await store.createIfAbsent(record('c2', 'A1', TOMBSTONE_MS));
  await store.createIfAbsent(record('c3', 'A3', 2 * TOMBSTONE_MS));
  expect(await store.find({ provider: 'acme', providerCallId: 'A1' })).toMatchObject({ id: 'c2' });
});

test('a token is admitted once, also when two ask at once', async () => {
  const store = new MemoryCallStore();
  await store.createIfAbsent(record('c1', 'A1'));
  await store.addMediaToken(token('c1', 'h1'));
  const request = { callId: 'c1', tokenHash: 'h1', providerCallId: 'A1', nowMs: 0 };
  const statuses = await Promise.all([store.admit(request), store.admit(request)]);
  expect(statuses).toEqual(['valid', 'used']);
});

test('looking at a token does not use it', async () => {
  const store = new MemoryCallStore();
  await store.createIfAbsent(record('c1', 'A1'));
  await store.addMediaToken(token('c1', 'h1'));
  expect(await store.checkMediaToken('c1', 'h1', 0)).toBe('valid');
  expect(await store.checkMediaToken('c1', 'h1', 999)).toBe('valid');
  expect(await store.checkMediaToken('c1', 'h1', 1_000)).toBe('expired');
  expect(await store.checkMediaToken('c1', 'h2', 0)).toBe('wrong-token');
  expect(await store.checkMediaToken('c1', 'h', 0)).toBe('wrong-token');
  expect(await store.checkMediaToken('c2', 'h1', 0)).toBe('unknown-call');
  await store.end('c1', 'hung-up', 0);
  expect(await store.checkMediaToken('c1', 'h1', 0)).toBe('call-ended');
});

test('every token of a call opens it, each once', async () => {
  const store = new MemoryCallStore();
  await store.createIfAbsent(record('c1', 'A1'));
  await store.addMediaToken(token('c1', 'h1'));
  await store.addMediaToken(token('c1', 'h2'));
  const request = { callId: 'c1', providerCallId: 'A1', nowMs: 0 };
  expect(await store.admit({ ...request, tokenHash: 'h2' })).toBe('valid');
  expect(await store.admit({ ...request, tokenHash: 'h1' })).toBe('valid');
  expect(await store.admit({ ...request, tokenHash: 'h2' })).toBe('used');
});

test('another call’s start is refused, and does not use the token up', async () => {
  const store = new MemoryCallStore();
  await store.createIfAbsent(record('c1', 'A1'));
  await store.addMediaToken(token('c1', 'h1'));
  const request = { callId: 'c1', tokenHash: 'h1', nowMs: 0 };
  expect(await store.admit({ ...request, providerCallId: 'A2' })).toBe('other-call');
  expect(await store.admit({ ...request, providerCallId: 'A1' })).toBe('valid');
});

test('a token opens again only within its window, for its call, and only after its socket has closed', async () => {
  const store = new MemoryCallStore();
  await store.createIfAbsent(record('c1'));
  await store.addMediaToken(token('c1', 'h1', 500));
  const request = { callId: 'c1', tokenHash: 'h1', providerCallId: 'A1', nowMs: 0 };
  await store.releaseMediaToken('c1', 'h1', 0);
  expect(await store.admit(request)).toBe('valid');
  expect(await store.admit(request)).toBe('used');
  await store.releaseMediaToken('c1', 'h1', 5_000);
  expect(await store.checkMediaToken('c1', 'h1', 5_499)).toBe('valid');
  expect(await store.admit({ ...request, providerCallId: 'A2', nowMs: 5_499 })).toBe('other-call');
  expect(await store.admit({ ...request, nowMs: 5_500 })).toBe('used');
  // Its time to be used for the first time (1,000) is long over: this is another one.
  expect(await store.admit({ ...request, nowMs: 5_499 })).toBe('valid');
  expect(await store.admit({ ...request, nowMs: 5_499 })).toBe('used');
});

test('a token without a window never opens again', async () => {
  const store = new MemoryCallStore();
  await store.createIfAbsent(record('c1', 'A1'));
  await store.addMediaToken(token('c1', 'h1', 0));
  const request = { callId: 'c1', tokenHash: 'h1', providerCallId: 'A1', nowMs: 0 };
  await store.admit(request);
  await store.releaseMediaToken('c1', 'h1', 0);
  expect(await store.admit(request)).toBe('used');
});
