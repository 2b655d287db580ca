import { CallEndedError, CallNotFoundError, MediaAdmissionError } from '../errors.ts';
import { TestLogger } from '../testing/test-logger.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { CallRegistry, MEDIA_TOKEN_TTL_MS } from './call-registry.ts';
import type { MediaTokenRecord } from './call-store.ts';
import { MemoryCallStore, TOMBSTONE_MS } from './memory-call-store.ts';
import type { PhoneCall } from './phone-call.ts';

const INCOMING = {
  provider: 'acme',
  providerCallId: 'A1',
  direction: 'inbound',
  from: '+15005550010',
  to: '+15005550020',
} as const;

function create() {
  const clock = new ManualClock();
  const logger = new TestLogger();
  const hashes: MediaTokenRecord[] = [];
  class WatchedStore extends MemoryCallStore {
    override addMediaToken(token: MediaTokenRecord): Promise<void> {
      hashes.push(token);
      return super.addMediaToken(token);
    }
  }
  const store = new WatchedStore();
  const registry = new CallRegistry({ clock, logger, store });
  return { clock, hashes, logger, registry, store };
}

function status(promise: Promise<unknown>): Promise<number | 'valid'> {
  return promise.then(
    () => 'valid' as const,
    (error: unknown) => {
      expect(error).toBeInstanceOf(MediaAdmissionError);
      return (error as MediaAdmissionError).status;
    },
  );
}

test('a call is found by both its ids while it lives, and by neither afterwards', async () => {
  const { registry } = create();
  const { call, created } = await registry.create(INCOMING);
  expect(created).toBe(true);
  expect(call).toMatchObject({ ...INCOMING, details: { provider: 'acme' }, state: 'created' });
  expect(registry.get(call.id)).toBe(call);
  expect(registry.require(call.id)).toBe(call);
  expect(registry.findByProviderCallId('acme', 'A1')).toBe(call);
  expect(registry.findByProviderCallId('other', 'A1')).toBeUndefined();
  expect(registry.listActive()).toEqual([call]);
  await registry.end(call.id, 'hung-up');
  expect(registry.get(call.id)).toBeUndefined();
  expect(() => registry.require(call.id)).toThrow(CallNotFoundError);
  expect(registry.findByProviderCallId('acme', 'A1')).toBeUndefined();
  expect(registry.activeCount).toBe(0);
  await registry.end(call.id, 'hung-up');
});

test('ids have 128 bits of their own and tokens 256', async () => {
  const { registry } = create();
  const { call } = await registry.create(INCOMING);
  const token = await registry.issueMediaToken(call);
  expect(call.id).toMatch(/^[\da-f]{32}$/);
  expect(token).toMatch(/^[\w-]{43}$/);
  expect(Buffer.from(token, 'base64url')).toHaveLength(32);
  expect(await registry.issueMediaToken(call)).not.toBe(token);
});

test('of a repeated report the first call comes back, and prepare has run once', async () => {
  const { registry } = create();
  let prepared = 0;
  const prepare = (): Promise<number> => Promise.resolve(++prepared);
  const [first, second] = await Promise.all([
    registry.create({ ...INCOMING, prepare }),
    registry.create({ ...INCOMING, prepare }),
  ]);
  const third = await registry.create({ ...INCOMING, prepare });
  expect([first.created, second.created, third.created]).toEqual([true, false, false]);
  expect(second.call).toBe(first.call);
  expect(third.call).toBe(first.call);
  expect(await Promise.all([first.prepared, second.prepared, third.prepared])).toEqual([1, 1, 1]);
  expect(registry.activeCount).toBe(1);
});

test('prepare starts at once, while the call rings', async () => {
  const { registry } = create();
  let preparing: PhoneCall | undefined;
  const { call } = await registry.create({
    ...INCOMING,
    prepare: (created) => {
      preparing = created;
      return new Promise<void>(() => {});
    },
  });
  expect(preparing).toBe(call);
});

test.each<[string, () => Promise<never>]>([
  ['rejects', () => Promise.reject(new Error('no model'))],
  [
    'throws',
    () => {
      throw new Error('no model');
    },
  ],
])('a call whose prepare %s ends as prepare-failed', async (_how, prepare) => {
  const { registry } = create();
  const { call, prepared } = await registry.create({ ...INCOMING, prepare });
  const end = await call.ended;
  expect(end.reason).toBe('prepare-failed');
  expect(end.error).toMatchObject({ message: 'no model' });
  await expect(prepared).rejects.toThrow('no model');
  expect(registry.activeCount).toBe(0);
});

test('a late webhook cannot revive a call that has ended', async () => {
  const { clock, registry } = create();
  const { call } = await registry.create(INCOMING);
  await call.end('remote-hung-up');
  let prepared = false;
  const prepare = async (): Promise<void> => void (prepared = true);
  await expect(registry.create({ ...INCOMING, prepare })).rejects.toThrow(CallEndedError);
  await clock.advance(TOMBSTONE_MS - 1);
  await expect(registry.create({ ...INCOMING, prepare })).rejects.toThrow(CallEndedError);
  expect(prepared).toBe(false);
  expect(registry.activeCount).toBe(0);
});

test('a call of another process is not taken over', async () => {
  const { clock, registry, store } = create();
  await store.createIfAbsent({ id: 'theirs', createdAtMs: clock.wallTimeMs(), ...INCOMING });
  await expect(registry.create(INCOMING)).rejects.toThrow(CallNotFoundError);
});

test('a token opens one socket, once', async () => {
  const { registry } = create();
  const { call } = await registry.create(INCOMING);
  const token = await registry.issueMediaToken(call);
  expect(await registry.validate(call.id, token)).toBe(call);
  expect(await registry.validate(call.id, token)).toBe(call);
  const admissions = await Promise.all(
    [1, 2, 3].map(() => status(registry.admit(call.id, token, 'A1'))),
  );
  expect(admissions).toEqual(['valid', 401, 401]);
  expect(await status(registry.validate(call.id, token))).toBe(401);
});

test('a token that nobody used expires', async () => {
  const { clock, registry } = create();
  const { call } = await registry.create(INCOMING);
  const token = await registry.issueMediaToken(call);
  await clock.advance(MEDIA_TOKEN_TTL_MS - 1);
  expect(await registry.validate(call.id, token)).toBe(call);
  await clock.advance(1);
  expect(await status(registry.validate(call.id, token))).toBe(401);
  expect(await status(registry.admit(call.id, token, 'A1'))).toBe(401);
});

test('a token reopens within its window for its own call only', async () => {
  const { clock, registry } = create();
  const { call } = await registry.create(INCOMING);
  const token = await registry.issueMediaToken(call, { reopenWithinMs: 10_000 });
  await registry.admit(call.id, token, 'A1');
  await clock.advance(MEDIA_TOKEN_TTL_MS);
  await registry.releaseMediaToken(call.id, token);
  await clock.advance(9_999);
  expect(await status(registry.admit(call.id, token, 'A2'))).toBe(401);
  expect(await status(registry.admit(call.id, token, 'A1'))).toBe('valid');
  await registry.releaseMediaToken(call.id, token);
  await clock.advance(10_000);
  expect(await status(registry.validate(call.id, token))).toBe(401);
});

test('a start of another call is refused', async () => {
  const { registry } = create();
  const { call } = await registry.create(INCOMING);
  const token = await registry.issueMediaToken(call);
  expect(await status(registry.admit(call.id, token, 'A2'))).toBe(401);
});

test('another call’s token does not open this one', async () => {
  const { registry } = create();
  const { call } = await registry.create(INCOMING);
  const { call: other } = await registry.create({ ...INCOMING, providerCallId: 'A2' });
  const token = await registry.issueMediaToken(other);
  expect(await status(registry.validate(call.id, token))).toBe(401);
});

test.each([
  ['an empty token', ''],
  ['a short token', 'x'],
  ['a token that is not ASCII', 'ключ-от-разговора-ключ-от-разговора-ключ-от'],
  ['a token with a lone surrogate', '\ud800'.repeat(43)],
  ['a very long token', 'x'.repeat(100_000)],
])('%s is wrong, and nothing else', async (_what, token) => {
  const { registry } = create();
  const { call } = await registry.create(INCOMING);
  await registry.issueMediaToken(call);
  expect(await status(registry.validate(call.id, token))).toBe(401);
  expect(await status(registry.validate('unknown', token))).toBe(404);
});

test('the store sees hashes of one shape, never a token', async () => {
  const { hashes, registry } = create();
  const { call } = await registry.create(INCOMING);
  const tokens = await Promise.all([1, 2, 3].map(() => registry.issueMediaToken(call)));
  expect(hashes).toHaveLength(3);
  for (const { tokenHash } of hashes) {
    expect(tokenHash).toMatch(/^[\da-f]{64}$/);
    expect(tokens).not.toContain(tokenHash);
  }
});

test('an ended call opens no socket', async () => {
  const { registry } = create();
  const { call } = await registry.create(INCOMING);
  const token = await registry.issueMediaToken(call);
  await call.end('hung-up');
  expect(await status(registry.validate(call.id, token))).toBe(404);
  expect(await status(registry.admit(call.id, token, 'A1'))).toBe(404);
});

test('a call that we dialled is bound to the provider’s id by the first who knows it', async () => {
  const { registry } = create();
  const { call } = await registry.create({
    ...INCOMING,
    direction: 'outbound',
    providerCallId: undefined,
  });
  const token = await registry.issueMediaToken(call);
  await registry.admit(call.id, token, 'A9');
  expect(call.providerCallId).toBe('A9');
  expect(registry.findByProviderCallId('acme', 'A9')).toBe(call);
  await registry.bindProviderCall(call, 'A10');
  expect(call.providerCallId).toBe('A9');
  await call.end('hung-up');
  expect(registry.findByProviderCallId('acme', 'A9')).toBeUndefined();
  expect(registry.findByProviderCallId('acme', 'A10')).toBeUndefined();
});

test('a call that ended before its id was known is not found by it', async () => {
  const { registry } = create();
  const { call } = await registry.create({ ...INCOMING, providerCallId: undefined });
  await call.end('canceled');
  await registry.bindProviderCall(call, 'A1');
  expect(registry.findByProviderCallId('acme', 'A1')).toBeUndefined();
});

test('a store that fails at the end of a call is logged, and the call ends', async () => {
  const { logger, registry, store } = create();
  store.end = () => Promise.reject(new Error('store is gone'));
  const { call } = await registry.create(INCOMING);
  expect((await call.end('hung-up')).reason).toBe('hung-up');
  await Promise.resolve();
  expect(logger.lines.map(({ level }) => level)).toEqual(['error']);
});

test('ten thousand calls at once leave nothing but bounded tombstones', async () => {
  const { registry, store } = create();
  const calls = await Promise.all(
    Array.from({ length: 10_500 }, (_, i) =>
      registry.create({ ...INCOMING, providerCallId: `A${i}` }),
    ),
  );
  expect(registry.activeCount).toBe(10_500);
  await Promise.all(calls.map(({ call }) => call.end('hung-up')));
  expect(registry.activeCount).toBe(0);
  expect(store.activeCount).toBe(0);
  expect(store.endedCount).toBe(10_000);
});
