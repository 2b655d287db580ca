import { SharedResource } from './shared-resource.ts';

function counted() {
  const made: { broken: boolean; closed: boolean }[] = [];
  const resource = new SharedResource(
    () => {
      const one = { broken: false, closed: false };
      made.push(one);
      return one;
    },
    async (one) => void (one.closed = true),
    (one) => !one.broken,
  );
  return { made, resource };
}

test('is made for its first user, shared, and closed after its last', async () => {
  const { made, resource } = counted();
  expect(made).toHaveLength(0);
  const first = resource.lease();
  const second = resource.lease();
  expect(second.value).toBe(first.value);
  await first.release();
  await first.release();
  expect(made[0]?.closed).toBe(false);
  await second.release();
  expect(made[0]?.closed).toBe(true);
  resource.lease();
  expect(made).toHaveLength(2);
});

test('a broken one is not given to new users and is closed after its old ones', async () => {
  const { made, resource } = counted();
  const old = resource.lease();
  made[0]!.broken = true;
  const fresh = resource.lease();
  expect(fresh.value).not.toBe(old.value);
  await old.release();
  expect(made.map(({ closed }) => closed)).toEqual([true, false]);
  await fresh.release();
  expect(made.map(({ closed }) => closed)).toEqual([true, true]);
});
