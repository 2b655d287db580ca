import { StreamClient } from '@stream-io/node-sdk';
import { CallingState } from '@stream-io/video-client';
import { useStandin } from './test-support/standin-fixture.ts';
import type { TestParticipant } from './test-support/test-participant.ts';

// Long enough for a machine under load.
const here = useStandin({ fastReconnectDeadlineSeconds: 30 });

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
  expect(sessionOf('anna')).toMatchObject({
    sessionId: before?.sessionId,
    edge: before?.edge,
    publishesAudio: true,
  });
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

test('REJOIN: one who is alone in a full call keeps the place', async () => {
  const { url, apiKey, apiSecret } = here.standin;
  const server = new StreamClient(apiKey, apiSecret, { basePath: url, timeout: 10_000 });
  const anna = await here.join('anna');
  await anna.publish();
  const before = sessionOf('anna');
  await server.video
    .call('default', here.callId)
    .update({ settings_override: { limits: { max_participants: 1 } } });
  expect(here.standin.faults.askToReconnect('REJOIN', 'anna')).toBe(1);
  await here.standin.until(
    here.cid,
    ([first]) => first?.publishesAudio === true && first.sessionId !== before?.sessionId,
  );
  await expect(here.join('ben')).rejects.toThrow('limit of participants');
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

test('a participant who is told to disconnect leaves, and does not come back', async () => {
  const [anna, ben] = await joinTwo();
  expect(here.standin.faults.askToReconnect('DISCONNECT', 'anna')).toBe(1);
  await anna.until(CallingState.LEFT);
  await ben.changes.until(() => ben.names.length === 1);
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
