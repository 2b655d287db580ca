import type { EdgeParticipant } from '@phone-agents/core';
import type { StreamStandin } from '@phone-agents/stream-standin';
import { createStreamStandin } from '@phone-agents/stream-standin';
import { createStreamVideoEdge } from './stream-video-edge.ts';
import { PhoneStage } from './test-support/phone-stage.ts';
import { Talker, pass, until } from './test-support/talker.ts';

const LOW = 440;
const MIDDLE = 1_037;
const HIGH = 2_390;
/** What a talker's tone reaches. */
const AMPLITUDE = 8_000;

let standin: StreamStandin;

beforeAll(async () => {
  standin = await createStreamStandin();
});

afterEach(() => standin.faults.clear());

afterAll(() => standin.close());

function edge() {
  const { url: baseUrl, apiKey, apiSecret } = standin;
  return createStreamVideoEdge({ apiKey, apiSecret, baseUrl, environment: {} });
}

/** How strong a tone is in a piece of sound: its amplitude. */
function amplitude(samples: Int16Array, sampleRate: number, frequencyHz: number): number {
  let real = 0;
  let imaginary = 0;
  samples.forEach((sample, index) => {
    const angle = (2 * Math.PI * frequencyHz * index) / sampleRate;
    real += sample * Math.cos(angle);
    imaginary += sample * Math.sin(angle);
  });
  return (2 * Math.hypot(real, imaginary)) / samples.length;
}

test('an agent and two listeners who speak at once reach the phone mixed, each at its level, without a break', async () => {
  const talkers: Talker[] = [];
  const three: EdgeParticipant = {
    async join(call) {
      talkers.push(
        await Talker.join(call, 'agent', LOW),
        await Talker.join(call, 'anna', MIDDLE, { sampleRate: 48000 }),
        await Talker.join(call, 'ben', HIGH, { sampleRate: 24000 }),
      );
      return { close: async () => void (await Promise.all(talkers.map((one) => one.leave()))) };
    },
  };
  const stage = await PhoneStage.start(edge(), three);
  try {
    const caller = await stage.carrier.placeCall();
    await caller.connected;
    /** The last 400 ms that the caller heard. */
    const heard = new Int16Array(caller.sampleRate * 0.4);
    caller.onHeard(({ samples }) => {
      heard.copyWithin(0, samples.length);
      heard.set(samples, heard.length - samples.length);
    });
    const isMixed = (): boolean =>
      [LOW, MIDDLE, HIGH].every((tone) => {
        const share = amplitude(heard, caller.sampleRate, tone) / AMPLITUDE;
        return share > 0.8 && share < 1.2;
      });
    await until(isMixed, 'all three are heard at their level', 30_000);
    // One frame a tick: what runs without a break is played at 50 frames a second.
    await until(
      () => (caller.heardSpans.at(-1)?.sampleCount ?? 0) > 2 * caller.sampleRate && isMixed(),
      'two seconds of it are heard without a break',
      30_000,
    );
    caller.hangUp();
    await caller.settled;
  } finally {
    await stage.close();
  }
}, 90_000);

test('after an outage of two seconds audio flows both ways again within three', async () => {
  const call = await edge().createCall({ id: 'outage' });
  const agent = await Talker.join(call, 'agent', MIDDLE);
  const phone = await Talker.join(call, 'phone', LOW, { sampleRate: 8000 });
  const bothHear = (): boolean => phone.hears(agent, MIDDLE) && agent.hears(phone, LOW);
  await until(bothHear, 'both hear each other');
  const endOutage = standin.faults.startOutage();
  await pass(500);
  const ear = phone.ears.get('agent')!;
  const before = ear.frames;
  await pass(1_500);
  expect(ear.frames).toBe(before);
  phone.forget();
  agent.forget();
  endOutage();
  await until(bothHear, 'both hear each other again', 3_000);
  expect([...phone.events, ...agent.events]).toEqual(['joined phone']);
  await Promise.all([phone.leave(), agent.leave()]);
  await call.end();
}, 60_000);

test('with 5 % loss and 30 ms of jitter hardly a frame is missing, and none is noise', async () => {
  const call = await edge().createCall({ id: 'loss' });
  const agent = await Talker.join(call, 'agent', MIDDLE);
  const phone = await Talker.join(call, 'phone', LOW, { sampleRate: 8000 });
  await until(() => phone.hears(agent, MIDDLE) && agent.hears(phone, LOW), 'both hear each other');
  for (const direction of ['send', 'receive'] as const) {
    standin.faults.setPacketFaults(direction, { lossRate: 0.05, jitterMs: 30 });
  }
  await pass(500);
  const ear = phone.ears.get('agent')!;
  const before = ear.frames;
  const start = performance.now();
  phone.forget();
  await pass(4_000);
  const expected = (performance.now() - start) / 20;
  // Lost twice, on its way to the server and from there: what is missing is concealed.
  expect((ear.frames - before) / expected).toBeGreaterThan(0.9);
  expect(phone.loudest).toBeLessThan(3 * 5_657);
  expect(phone.connection.playoutDelayMs!('agent')).toBeGreaterThanOrEqual(40);
  expect(phone.connection.playoutDelayMs!('agent')).toBeLessThanOrEqual(120);
  await Promise.all([phone.leave(), agent.leave()]);
  await call.end();
}, 60_000);
