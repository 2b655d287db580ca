import { StreamClient } from '@stream-io/node-sdk';
import { CallingState } from '@stream-io/video-client';
import { useStandin } from './test-support/standin-fixture.ts';

const here = useStandin();

function server(secret = here.standin.apiSecret): StreamClient {
  return new StreamClient(here.standin.apiKey, secret, {
    basePath: here.standin.url,
    timeout: 10_000,
  });
}

test('a wrong key, a token signed by another, an expired and an early token are refused by their codes', async () => {
  const now = Math.floor(Date.now() / 1000);
  const expired = here.standin.userToken('anna', { iat: now - 60, exp: now - 1 });
  const early = here.standin.userToken('anna', { nbf: now + 600 });
  const foreign = server('another secret').generateUserToken({ user_id: 'anna' });
  await expect(here.join('anna', { apiKey: 'unknown' })).rejects.toThrow(/"code":2\b.*api_key/);
  await expect(here.join('anna', { token: foreign })).rejects.toThrow(/"code":43\b.*signature/);
  await expect(here.join('anna', { token: expired })).rejects.toThrow(/"code":40\b.*expired/);
  await expect(here.join('anna', { token: early })).rejects.toThrow(/"code":41\b.*not valid yet/);
});

test('a token that is made for some calls is not valid for others', async () => {
  const token = server().generateCallToken({ user_id: 'anna', call_cids: [here.cid] });
  await here.join('anna', { token });
  await expect(here.join('anna', { token, callId: 'another' })).rejects.toThrow(
    'the token is not valid for this call',
  );
});

test('a server with a wrong secret is refused', async () => {
  await expect(server('wrong').upsertUsers([{ id: 'anna' }])).rejects.toThrow('signature');
});

test('a full call lets nobody in until somebody has left', async () => {
  const client = server();
  await client.upsertUsers([{ id: 'agent' }]);
  await client.video.call('default', here.callId).getOrCreate({
    data: { created_by_id: 'agent', settings_override: { limits: { max_participants: 1 } } },
  });
  const anna = await here.join('anna');
  await expect(here.join('ben')).rejects.toThrow('limit of participants');
  await anna.leave();
  await here.join('ben');
});

test('a blocked user is put out of the call and cannot come back until unblocked', async () => {
  const anna = await here.join('anna');
  const call = server().video.call('default', here.callId);
  await call.blockUser({ user_id: 'anna' });
  await anna.until(CallingState.LEFT);
  await expect(here.join('anna')).rejects.toThrow('blocked');
  await call.unblockUser({ user_id: 'anna' });
  await here.join('anna');
});

test.each([
  ['token-expired', 'expired'],
  ['call-ended', 'has ended'],
  ['rate-limited', 'too many requests'],
  ['internal-error', 'internal error'],
  ['call-full', 'limit of participants'],
  ['server-full', 'is full'],
  ['server-shutting-down', 'shutting down'],
] as const)('on command a join fails: %s', async (kind, message) => {
  here.standin.faults.refuseJoins(kind, { userId: 'anna', times: 1 });
  await expect(here.join('anna')).rejects.toThrow(message);
  await here.join('ben');
  await here.join('anna');
});

test('a client whose first media server is full joins at another one', async () => {
  here.standin.faults.refuseJoins('server-full', { userId: 'anna', times: 1 });
  await here.join('anna', { maxJoinRetries: 2 });
  expect(here.standin.participants(here.cid)).toMatchObject([{ edge: 'standin-sfu-2' }]);
});

test('what the stand-in does not know it refuses, in words', async () => {
  const { url, apiKey } = here.standin;
  const unknown = await fetch(
    `${url}/api/v2/video/call/default/x/start_recording?api_key=${apiKey}`,
    {
      method: 'POST',
      headers: { authorization: here.standin.userToken('anna') },
    },
  );
  expect(unknown.status).toBe(404);
  expect(await unknown.json()).toMatchObject({
    code: 16,
    message: expect.stringContaining('does not answer'),
  });
  const rpc = `${url}/sfu/standin-sfu-1/twirp/stream.video.sfu.signal.SignalServer/SendStats`;
  const unauthenticated = await fetch(rpc, { method: 'POST', body: '{}' });
  expect(unauthenticated.status).toBe(401);
  expect(await unauthenticated.json()).toMatchObject({ code: 'unauthenticated' });
});
