import { StreamClient } from '@stream-io/node-sdk';
import { CallingState } from '@stream-io/video-client';
import { useStandin } from './test-support/standin-fixture.ts';

const here = useStandin();

function server(): StreamClient {
  const { url, apiKey, apiSecret } = here.standin;
  return new StreamClient(apiKey, apiSecret, { basePath: url, timeout: 10_000 });
}

test('a server creates users and a call, and a participant finds what was created', async () => {
  const client = server();
  await client.upsertUsers([
    { id: 'caller', name: 'Caller ending in 42', custom: { from: 'phone' } },
  ]);
  const call = client.video.call('default', here.callId);
  const data = {
    created_by_id: 'caller',
    members: [{ user_id: 'caller' }],
    custom: { topic: 'hours' },
    settings_override: { audio: { default_device: 'speaker' as const, opus_dtx_enabled: false } },
  };
  expect(await call.getOrCreate({ data })).toMatchObject({ created: true });
  const again = await call.getOrCreate({ data });
  expect(again).toMatchObject({
    created: false,
    call: { cid: here.cid, custom: { topic: 'hours' } },
  });
  expect(again.call.created_at).toBeInstanceOf(Date);

  const token = client.generateUserToken({ user_id: 'caller' });
  const caller = await here.join('caller', { token, name: 'Caller ending in 42' });
  expect(caller.call.state.settings?.audio).toMatchObject({
    opus_dtx_enabled: false,
    redundant_coding_enabled: true,
  });
  expect(caller.call.state.members.map(({ user }) => user.name)).toEqual(['Caller ending in 42']);
  const state = await call.get();
  expect(state.call.session?.participants).toMatchObject([{ user: { id: 'caller' } }]);
});

test('a call must be created by a known user', async () => {
  const call = server().video.call('default', here.callId);
  await expect(call.getOrCreate()).rejects.toThrow('created_by_id');
  await expect(call.getOrCreate({ data: { created_by_id: 'nobody' } })).rejects.toThrow(
    'not exist',
  );
});

test('a server ends a call', async () => {
  const anna = await here.join('anna');
  const call = server().video.call('default', here.callId);
  await call.end();
  await anna.until(CallingState.LEFT);
  expect((await call.get()).call.ended_at).toBeInstanceOf(Date);
});

test('a server puts one participant out, and the others stay', async () => {
  const anna = await here.join('anna');
  const ben = await here.join('ben');
  await server().video.call('default', here.callId).kickUser({ user_id: 'anna' });
  await anna.until(CallingState.LEFT);
  await ben.changes.until(() => ben.names.length === 1);
  expect(ben.call.state.callingState).toBe(CallingState.JOINED);
});

test('a server mutes a participant, who learns of it', async () => {
  const anna = await here.join('anna');
  const ben = await here.join('ben');
  await anna.publish();
  anna.keepSending();
  await ben.hearsMore('anna');
  await server()
    .video.call('default', here.callId)
    .muteUsers({ user_ids: ['anna'], audio: true });
  await here.standin.until(here.cid, ([first]) => first?.publishesAudio === false);
  await ben.changes.until(() => !ben.publishesAudio('anna'));
  await anna.changes.until(() => !anna.publishesAudio('anna'));
});

test('a server changes a call, and those who watch it learn of it', async () => {
  const anna = await here.join('anna');
  await server()
    .video.call('default', here.callId)
    .update({ custom: { topic: 'returns' } });
  await anna.changes.until(() => anna.call.state.custom['topic'] === 'returns');
});
