import { CallingState } from '@stream-io/video-client';
import { useStandin } from './test-support/standin-fixture.ts';

const here = useStandin({ fastReconnectDeadlineSeconds: 1 });

test('a participant who does not come back in time has left, and may come again', async () => {
  const anna = await here.join('anna');
  const ben = await here.join('ben');
  await Promise.all([anna.publish(), ben.publish()]);
  ben.keepSending();
  await anna.hearsMore('ben');
  const [before] = here.standin.participants(here.cid);
  const endOutage = here.standin.faults.startOutage('anna');
  here.standin.faults.dropMediaSockets('anna');
  await ben.changes.until(() => ben.names.length === 1);
  expect(here.standin.participants(here.cid)).toMatchObject([{ userId: 'ben' }]);

  endOutage();
  await here.standin.until(here.cid, (participants) => participants.length === 2);
  const [, again] = here.standin.participants(here.cid);
  expect(again).toMatchObject({ userId: 'anna' });
  expect(again?.sessionId).not.toBe(before?.sessionId);
  await anna.until(CallingState.JOINED);
  await anna.hearsMore('ben');
});
