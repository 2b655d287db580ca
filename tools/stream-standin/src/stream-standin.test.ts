import { CallingState } from '@stream-io/video-client';
import { useStandin } from './test-support/standin-fixture.ts';

const here = useStandin();

test('participants by the official SDK hear each other, and nobody hears himself', async () => {
  const anna = await here.join('anna', { name: 'Anna' });
  const ben = await here.join('ben', { name: 'Ben' });
  await Promise.all([anna.publish(), ben.publish()]);
  anna.keepSending();
  ben.keepSending();
  await Promise.all([anna.hearsMore('ben'), ben.hearsMore('anna')]);
  const numbers = anna.heard('ben').map((payload) => payload.readUInt32BE());
  expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index));
  expect(anna.heard('anna')).toEqual([]);
  expect([...anna.names].sort()).toEqual(['Anna', 'Ben']);
  expect(here.standin.participants(here.cid)).toMatchObject([
    { userId: 'anna', name: 'Anna', publishesAudio: true },
    { userId: 'ben', name: 'Ben', publishesAudio: true },
  ]);
});

test('participants come and go, and each hears those who are there', async () => {
  const anna = await here.join('anna');
  await anna.publish();
  anna.keepSending();
  for (const round of [1, 2]) {
    const ben = await here.join(`ben-${round}`);
    const carl = await here.join(`carl-${round}`);
    await Promise.all([ben.publish(), carl.publish()]);
    ben.keepSending();
    carl.keepSending();
    await Promise.all([
      anna.hearsMore(ben.userId),
      anna.hearsMore(carl.userId),
      ben.hearsMore('anna'),
      ben.hearsMore(carl.userId),
      carl.hearsMore('anna'),
      carl.hearsMore(ben.userId),
    ]);
    await carl.leave();
    await anna.changes.until(() => !anna.names.includes(carl.userId));
    await Promise.all([anna.hearsMore(ben.userId), ben.hearsMore('anna')]);
    await ben.leave();
    await anna.changes.until(() => anna.names.length === 1);
  }
});

test('one who mutes is not heard, and is heard again after unmuting', async () => {
  const anna = await here.join('anna');
  const ben = await here.join('ben');
  await anna.publish();
  anna.keepSending();
  await ben.hearsMore('anna');
  expect(ben.publishesAudio('anna')).toBe(true);

  await anna.unpublish();
  await ben.changes.until(() => !ben.publishesAudio('anna'));
  await here.standin.until(here.cid, ([first]) => first?.publishesAudio === false);
  await anna.sendsMore(5);
  const heardBefore = ben.heard('anna').length;
  await anna.sendsMore(10);
  expect(ben.heard('anna')).toHaveLength(heardBefore);

  await anna.publish();
  await ben.changes.until(() => ben.publishesAudio('anna'));
  await ben.hearsMore('anna');
});

test('a call that ends is left by everybody, and cannot be joined any more', async () => {
  const anna = await here.join('anna');
  const ben = await here.join('ben');
  here.standin.endCall(here.cid);
  await Promise.all([anna.until(CallingState.LEFT), ben.until(CallingState.LEFT)]);
  expect(here.standin.participants(here.cid)).toEqual([]);
  await expect(here.join('carl')).rejects.toThrow('the call has ended');
});
