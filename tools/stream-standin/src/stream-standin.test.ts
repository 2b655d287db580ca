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
  // In any order: whose handshake fails on a busy machine joins once more, behind the others.
  const present = [...here.standin.participants(here.cid)];
  expect(present.sort((one, other) => one.userId.localeCompare(other.userId))).toMatchObject([
    { userId: 'anna', name: 'Anna', publishesAudio: true },
    { userId: 'ben', name: 'Ben', publishesAudio: true },
  ]);
});

test('participants come and go, and each hears those who are there', async () => {
  const anna = await here.join('anna');
  const ben = await here.join('ben');
  const carl = await here.join('carl');
  await Promise.all([anna.publish(), ben.publish(), carl.publish()]);
  for (const participant of [anna, ben, carl]) participant.keepSending();
  await Promise.all([
    anna.hearsMore('ben'),
    anna.hearsMore('carl'),
    ben.hearsMore('anna'),
    ben.hearsMore('carl'),
    carl.hearsMore('anna'),
    carl.hearsMore('ben'),
  ]);

  await carl.leave();
  await anna.changes.until(() => !anna.names.includes('carl'));
  await Promise.all([anna.hearsMore('ben'), ben.hearsMore('anna')]);

  // The place of the one who left is taken over by the next.
  const dora = await here.join('dora');
  await dora.publish();
  dora.keepSending();
  await Promise.all([anna.hearsMore('dora'), anna.hearsMore('ben'), dora.hearsMore('anna')]);
  expect([...anna.names].sort()).toEqual(['anna', 'ben', 'dora']);
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
