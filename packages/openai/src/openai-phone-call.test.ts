import type { InterruptionAccepted } from '@phone-agents/agent';
import { until } from './test-support/realtime-call.ts';
import { PhoneOnStandIn } from './test-support/phone-on-stand-in.ts';

let phone: PhoneOnStandIn | undefined;

afterEach(async () => {
  await phone?.close();
  phone = undefined;
});

const TALE = 'One tale of old that goes on and on and has no end at all for who hears it.';

test('over a carrier the caller is greeted, asks, is answered, and hangs up', async () => {
  phone = await PhoneOnStandIn.open();
  const caller = await phone.ring();
  await caller.untilHeard(/AI here\./);
  caller.say('open');
  await caller.untilHeard(/You said open\./);
  await until(() => phone!.session.transcript.length === 3);
  caller.call.hangUp();
  await phone.session.call.ended;
  await until(() => !phone!.standIn.sessions[0]!.isOpen);
});

test('over a carrier an interruption silences the phone, and OpenAI remembers what was heard', async () => {
  phone = await PhoneOnStandIn.open({
    think: ({ text, responseInstructions }) =>
      responseInstructions === undefined ? (text === 'go' ? TALE : 'Yes?') : 'AI here.',
  });
  const caller = await phone.ring();
  const interruptions: InterruptionAccepted[] = [];
  phone.session.on('interruption-accepted', (one) => interruptions.push(one));
  await caller.untilHeard(/AI here\./);
  caller.say('go');
  await caller.untilHeard(/One tale of/);
  caller.say('stop now please');
  await caller.untilHeard(/Yes\?/);
  expect(interruptions).toHaveLength(1);
  const { heardText } = interruptions[0]!;
  expect(TALE.startsWith(heardText)).toBe(true);
  const cut = phone.standIn.sessions[0]!.items.find(({ isTruncated }) => isTruncated);
  // 60 ms for each letter; the last word was cut off.
  expect(cut!.audioMs).toBeGreaterThanOrEqual(heardText.length * 60 - 120);
  expect(cut!.audioMs).toBeLessThan(TALE.length * 60);
});

test('over a carrier a dropped connection is opened anew, and the call goes on', async () => {
  phone = await PhoneOnStandIn.open();
  const caller = await phone.ring();
  await caller.untilHeard(/AI here\./);
  await until(() => phone!.session.transcript.length === 1);
  phone.standIn.sessions[0]!.drop();
  const second = await phone.standIn.session(1);
  caller.say('hello');
  await caller.untilHeard(/You said hello\./);
  expect(second.items[0]).toMatchObject({ role: 'assistant', text: 'AI here.' });
});

test('over a carrier a used-up quota ends the call with an apology', async () => {
  phone = await PhoneOnStandIn.open();
  const caller = await phone.ring();
  await caller.untilHeard(/AI here\./);
  const fault = { type: 'insufficient_quota', code: 'insufficient_quota', message: 'No credit.' };
  phone.standIn.failResponse(fault);
  caller.say('hello');
  await expect(phone.session.call.ended).resolves.toMatchObject({
    reason: 'agent-failed',
    error: { code: 'openai_quota_exceeded' },
  });
  const [line] = phone.carrier.activeCalls;
  await until(() => line!.announcements.length > 0);
});

test('over a carrier a model that is connected but silent is bridged with its own words, then given up', async () => {
  const fillers = { afterMs: 400, sentences: ['Wait.', 'Still.'] };
  phone = await PhoneOnStandIn.open({}, { agent: { fillers, replyTimeoutMs: 900 } });
  const caller = await phone.ring();
  await caller.untilHeard(/AI here\./);
  await until(() => phone!.session.transcript.length === 1);
  // Two sessions have rendered the fillers; then came the call's.
  const session = phone.standIn.sessions[2]!;
  session.hang();
  caller.say('hello');
  await expect(phone.session.call.ended).resolves.toMatchObject({
    reason: 'agent-failed',
    error: { code: 'reply_timeout' },
  });
  expect(caller.heard).toMatch(/^AI here\.Wait\.(Still\.)+$/);
});

test('over a carrier a key that is refused is an apology to the caller', async () => {
  phone = await PhoneOnStandIn.open({}, { model: { apiKey: 'sk-wrong' } });
  const call = await phone.carrier.placeCall();
  await until(() => call.announcements.length > 0);
  await call.ended;
});

test('a key that is refused is told before the first call, where fillers are rendered', async () => {
  const opened = PhoneOnStandIn.open({}, { model: { apiKey: 'sk-wrong' }, agent: { fillers: {} } });
  await expect(opened).rejects.toMatchObject({ code: 'openai_unauthorized' });
});
