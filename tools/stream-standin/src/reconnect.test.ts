import { StreamClient } from '@stream-io/node-sdk';
import { CallingState } from '@stream-io/video-client';
import { useStandin } from './test-support/standin-fixture.ts';
import type { TestParticipant } from './test-support/test-participant.ts';

const here = useStandin({ fastReconnectDeadlineSeconds: 5 });

async function joinTwo(): Promise<[TestParticipant, TestParticipant]> {
  const anna = await here.join('anna');
  const ben = await here.join('ben');
  await Promise.all([anna.publish(), ben.publish()]);
  anna.keepSending();
  ben.keepSending();
  await Promise.all([anna.hearsMore('ben'), ben.hearsMore('anna')]);
  return [anna, ben];
}

const sessionOf = (userId: string) =>
  here.standin.participants(here.cid).find((participant) => participant.userId === userId);

test('FAST: a broken signalling socket is replaced within the same session, and audio comes back both ways', async () => {
  const [anna, ben] = await joinTwo();
  const before = sessionOf('anna');
  expect(here.standin.faults.dropMediaSockets('anna')).toBe(1);
  await anna.passes(CallingState.RECONNECTING, CallingState.JOINED);
  await anna.restartsIce();
  await Promise.all([anna.hearsMore('ben', 25), ben.hearsMore('anna', 25)]);
  expect(sessionOf('anna')).toEqual(before);
  expect(ben.names).toHaveLength(2);
});

test('REJOIN: a new session takes the place of the old one, and audio comes back both ways', async () => {
  const [anna, ben] = await joinTwo();
  const before = sessionOf('anna');
  expect(here.standin.faults.askToReconnect('REJOIN', 'anna')).toBe(1);
  await anna.passes(CallingState.RECONNECTING, CallingState.JOINED);
  await Promise.all([anna.hearsMore('ben', 25), ben.hearsMore('anna', 25)]);
  expect(sessionOf('anna')).toMatchObject({ edge: before?.edge, publishesAudio: true });
  expect(sessionOf('anna')?.sessionId).not.toBe(before?.sessionId);
  expect(here.standin.participants(here.cid)).toHaveLength(2);
  await ben.changes.until(() => ben.names.length === 2);
});

test('MIGRATE: the same session goes on at another media server, and audio comes back both ways', async () => {
  const [anna, ben] = await joinTwo();
  const before = sessionOf('anna');
  expect(here.standin.faults.goAway('anna')).toBe(1);
  await anna.passes(CallingState.MIGRATING, CallingState.JOINED);
  await Promise.all([anna.hearsMore('ben', 25), ben.hearsMore('anna', 25)]);
  const after = sessionOf('anna');
  expect(after?.sessionId).toBe(before?.sessionId);
  expect(after?.edge).not.toBe(before?.edge);
  expect(ben.names).toHaveLength(2);
});

test('a participant who does not come back in time has left, and may come again', async () => {
  const [anna, ben] = await joinTwo();
  const before = sessionOf('anna');
  const endOutage = here.standin.faults.startOutage('anna');
  here.standin.faults.dropMediaSockets('anna');
  await ben.changes.until(() => ben.names.length === 1);
  expect(here.standin.participants(here.cid)).toMatchObject([{ userId: 'ben' }]);

  endOutage();
  await here.standin.until(here.cid, (participants) => participants.length === 2);
  expect(sessionOf('anna')?.sessionId).not.toBe(before?.sessionId);
  await anna.until(CallingState.JOINED);
  await anna.hearsMore('ben');
});

test('a broken socket to the coordinator is replaced, and the events of the call are heard again', async () => {
  const [anna] = await joinTwo();
  expect(here.standin.faults.dropCoordinatorSockets('anna')).toBe(1);
  const { url, apiKey, apiSecret } = here.standin;
  const server = new StreamClient(apiKey, apiSecret, { basePath: url, timeout: 10_000 });
  const call = server.video.call('default', here.callId);
  // An event is for those who are connected: it is repeated until she is again.
  const repeat = setInterval(() => void call.sendCallEvent({ user_id: 'ben' }), 100);
  await anna.receivesEvent('custom').finally(() => clearInterval(repeat));
  expect(anna.call.state.callingState).toBe(CallingState.JOINED);
});
