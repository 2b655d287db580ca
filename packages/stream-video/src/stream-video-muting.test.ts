import type { EdgeCall } from '@phone-agents/core';
import { PhoneBridge } from '@phone-agents/core';
import type { StreamStandin } from '@phone-agents/stream-standin';
import { createStreamStandin } from '@phone-agents/stream-standin';
import { StreamClient } from '@stream-io/node-sdk';
import { createStreamVideoEdge } from './stream-video-edge.ts';
import { Talker, pass, until } from './test-support/talker.ts';

const LOW = 440;
const HIGH = 1_037;

let standin: StreamStandin;
let moderator: StreamClient;
let call: EdgeCall;
let phone: Talker;
let agent: Talker;
let calls = 0;

beforeAll(async () => {
  standin = await createStreamStandin();
  moderator = new StreamClient(standin.apiKey, standin.apiSecret, { basePath: standin.url });
});

afterAll(() => standin.close());

beforeEach(async () => {
  const { url: baseUrl, apiKey, apiSecret } = standin;
  const edge = createStreamVideoEdge({ apiKey, apiSecret, baseUrl, environment: {} });
  call = await edge.createCall({ id: `muting-${++calls}` });
  agent = await Talker.join(call, 'agent', HIGH);
  phone = await Talker.join(call, 'phone', LOW, { sampleRate: 8000 });
  await until(
    () => phone.hears(agent, HIGH) && agent.hears(phone, LOW),
    'phone and agent hear each other',
  );
});

afterEach(async () => {
  standin.faults.clear();
  await Promise.all([phone.leave(), agent.leave()]);
  await call.end();
});

/** The phone as the media servers see it; undefined while its session is replaced. */
function seat(): ReturnType<StreamStandin['participants']>[number] | undefined {
  const seats = standin
    .participants(`default:${call.id}`)
    .filter(({ userId }) => userId === 'phone');
  return seats.length === 1 ? seats[0] : undefined;
}

function moderated(): ReturnType<StreamClient['video']['call']> {
  return moderator.video.call('default', call.id);
}

async function mutePhone(): Promise<void> {
  await moderated().muteUsers({ user_ids: ['phone'], audio: true });
  await until(() => phone.connection.isMuted === true, 'the phone knows that it is muted');
}

/** It speaks on, and nothing of it leaves this process or is shown to others as sound. */
async function expectMuted(): Promise<void> {
  // What was on its way comes in.
  await pass(100);
  const packets = seat()?.audioPackets;
  agent.forget();
  await pass(400);
  expect(seat()).toMatchObject({ publishesAudio: false, audioPackets: packets });
  expect(agent.hears(phone, LOW)).toBe(false);
  // Being muted is not being deaf.
  expect(phone.hears(agent, HIGH)).toBe(true);
}

async function expectHeard(): Promise<void> {
  agent.forget();
  await until(() => agent.hears(phone, LOW), 'the phone is heard again');
  expect(seat()?.publishesAudio).toBe(true);
}

test('who is muted by a moderator sends nothing, and is heard again when it unmutes', async () => {
  const changes: boolean[] = [];
  phone.connection.on('mute-changed', ({ isMuted }) => changes.push(isMuted));
  expect(phone.connection.isMuted).toBe(false);
  await mutePhone();
  await expectMuted();
  await phone.connection.unmute?.();
  await expectHeard();
  expect(phone.connection.isMuted).toBe(false);
  expect(changes).toEqual([true, false]);
  await phone.connection.unmute?.();
  expect(changes).toHaveLength(2);
  // The next time as the first.
  await mutePhone();
  await expectMuted();
  expect(agent.connection.isMuted).toBe(false);
});

test('who has the phone’s bridge lets the caller be heard again', async () => {
  const bridge = new PhoneBridge(phone.connection);
  try {
    expect(bridge.isMuted).toBe(false);
    await mutePhone();
    expect(bridge.isMuted).toBe(true);
    await bridge.unmute();
    expect(bridge.isMuted).toBe(false);
    await expectHeard();
  } finally {
    await bridge.close();
  }
});

test('what is muted stays muted when its socket breaks (FAST)', async () => {
  await mutePhone();
  expect(standin.faults.dropMediaSockets('phone')).toBe(1);
  phone.forget();
  await until(() => phone.hears(agent, HIGH), 'the connection is restored');
  await expectMuted();
  await phone.connection.unmute?.();
  await expectHeard();
});

test.each([
  ['REJOIN', () => standin.faults.askToReconnect('REJOIN', 'phone')],
  ['MIGRATE', () => standin.faults.goAway('phone')],
])('what is muted stays muted over a %s, and can be heard again', async (_, fault) => {
  await mutePhone();
  const before = seat();
  expect(fault()).toBe(1);
  await until(() => {
    const now = seat();
    return now !== undefined && (now.sessionId !== before?.sessionId || now.edge !== before.edge);
  }, 'the phone is in the call anew');
  phone.forget();
  await until(() => phone.hears(agent, HIGH), 'the connection is restored');
  await expectMuted();
  await phone.connection.unmute?.();
  await expectHeard();
});

test('who may not speak at all is refused with what to do', async () => {
  await moderated().updateUserPermissions({
    user_id: 'listener',
    revoke_permissions: ['send-audio'],
  });
  await expect(call.join({ id: 'listener' }, { sampleRate: 8000 })).rejects.toMatchObject({
    code: 'stream_permission_denied',
  });
});

test('who may not speak any more is muted, and cannot unmute until it may', async () => {
  await moderated().updateUserPermissions({
    user_id: 'phone',
    revoke_permissions: ['send-audio'],
  });
  await until(() => phone.connection.isMuted === true, 'the phone knows that it is muted');
  await expectMuted();
  await expect(phone.connection.unmute?.()).rejects.toMatchObject({
    code: 'stream_permission_denied',
  });
  expect(phone.connection.isMuted).toBe(true);
  await moderated().updateUserPermissions({ user_id: 'phone', grant_permissions: ['send-audio'] });
  await until(() => {
    phone.connection.unmute?.().catch(() => {});
    return phone.connection.isMuted === false;
  }, 'the phone may speak again');
  await expectHeard();
});
