import type { EdgeCall } from '@phone-agents/core';
import type { StreamStandin } from '@phone-agents/stream-standin';
import { createStreamStandin } from '@phone-agents/stream-standin';
import { createStreamVideoEdge } from './stream-video-edge.ts';
import { Talker, until } from './test-support/talker.ts';

const LOW = 440;
const HIGH = 1_037;

let standin: StreamStandin;
let call: EdgeCall;
let phone: Talker;
let agent: Talker;

beforeAll(async () => {
  standin = await createStreamStandin();
});

afterAll(() => standin.close());

let calls = 0;

beforeEach(async () => {
  const { url: baseUrl, apiKey, apiSecret } = standin;
  const edge = createStreamVideoEdge({ apiKey, apiSecret, baseUrl, environment: {} });
  call = await edge.createCall({ id: `reconnect-${++calls}` });
  agent = await Talker.join(call, 'agent', HIGH);
  phone = await Talker.join(call, 'phone', LOW, { sampleRate: 8000 });
  await bothHear('before the fault');
});

afterEach(async () => {
  standin.faults.clear();
  await Promise.all([phone.leave(), agent.leave()]);
  await call.end();
});

function bothHear(when: string): Promise<void> {
  return until(
    () => phone.hears(agent, HIGH) && agent.hears(phone, LOW),
    `phone and agent hear each other ${when}`,
  );
}

type Seat = ReturnType<StreamStandin['participants']>[number];

/** Where a user sits, as the media servers see it. */
function seatsOf(userId: string): readonly Seat[] {
  return standin.participants(`default:${call.id}`).filter((seat) => seat.userId === userId);
}

/** The user's only seat, when it is one that `isNew` accepts. */
async function seatOf(userId: string, isNew: (seat: Seat) => boolean = () => true): Promise<Seat> {
  await until(() => seatsOf(userId).length === 1 && seatsOf(userId).every(isNew), 'one seat');
  return seatsOf(userId)[0]!;
}

/** After a fault both are heard again, as they were, and nobody was told of anything. */
async function expectRestored(): Promise<void> {
  phone.forget();
  agent.forget();
  await bothHear('after the fault');
  // The tones have an effective level of 5,657, and a codec that predicts one from lost sound overshoots.
  expect(Math.max(phone.loudest, agent.loudest)).toBeLessThan(14_000);
  expect(agent.events.filter((event) => event.startsWith('closed'))).toEqual([]);
  expect(phone.events).toEqual([]);
  // Not even for the moment in which its session from before is still there.
  expect([...phone.ears.keys(), ...agent.ears.keys()]).toEqual(['agent', 'phone']);
}

test('a broken signalling socket is restored over the same session (FAST)', async () => {
  const { sessionId } = await seatOf('phone');
  expect(standin.faults.dropMediaSockets('phone')).toBe(1);
  await expectRestored();
  expect((await seatOf('phone')).sessionId).toBe(sessionId);
});

test('a session that is gone is joined anew, and audio flows both ways again (REJOIN)', async () => {
  const before = await seatOf('phone');
  expect(standin.faults.askToReconnect('REJOIN', 'phone')).toBe(1);
  await seatOf('phone', ({ sessionId }) => sessionId !== before.sessionId);
  await expectRestored();
});

test('a media server that is to be left is left for another one (MIGRATE)', async () => {
  const before = await seatOf('phone');
  expect(standin.faults.goAway('phone')).toBe(1);
  await seatOf('phone', ({ edge }) => edge !== before.edge);
  await expectRestored();
});

test('the agent’s connection is restored as the phone’s is', async () => {
  const before = await seatOf('agent');
  standin.faults.askToReconnect('REJOIN', 'agent');
  await seatOf('agent', ({ sessionId }) => sessionId !== before.sessionId);
  await expectRestored();
});
