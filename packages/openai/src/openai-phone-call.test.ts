import type { InterruptionAccepted } from '@phone-agents/agent';
import { until } from './test-support/realtime-call.ts';
import { PhoneOnStandIn } from './test-support/phone-on-stand-in.ts';

let phone: PhoneOnStandIn | undefined;

afterEach(() => phone?.close());

const TALE = 'One tale of old that goes on and on and has no end at all for who hears it.';

test('over a carrier the caller is greeted, asks, is answered, and hangs up', async () => {
  phone = await PhoneOnStandIn.connect();
  await phone.untilHeard(/AI here\./);
  phone.say('open');
  await phone.untilHeard(/You said open\./);
  await until(() => phone!.session.transcript.length === 3);
  phone.call.hangUp();
  await phone.session.call.ended;
  await until(() => !phone!.standIn.sessions[0]!.isOpen);
});

test('over a carrier an interruption silences the phone, and OpenAI remembers what was heard', async () => {
  phone = await PhoneOnStandIn.connect({
    think: ({ text, responseInstructions }) =>
      responseInstructions === undefined ? (text === 'go' ? TALE : 'Yes?') : 'AI here.',
  });
  const interruptions: InterruptionAccepted[] = [];
  phone.session.on('interruption-accepted', (one) => interruptions.push(one));
  await phone.untilHeard(/AI here\./);
  phone.say('go');
  await phone.untilHeard(/One tale of/);
  phone.say('stop now please');
  await phone.untilHeard(/Yes\?/);
  expect(interruptions).toHaveLength(1);
  const { heardText } = interruptions[0]!;
  expect(TALE.startsWith(heardText)).toBe(true);
  const cut = phone.standIn.sessions[0]!.items.find(({ isTruncated }) => isTruncated);
  // 60 ms for each letter; the last word was cut off.
  expect(cut!.audioMs).toBeGreaterThanOrEqual(heardText.length * 60 - 120);
  expect(cut!.audioMs).toBeLessThan(TALE.length * 60);
});

test('over a carrier a dropped connection is opened anew, and the call goes on', async () => {
  phone = await PhoneOnStandIn.connect();
  await phone.untilHeard(/AI here\./);
  await until(() => phone!.session.transcript.length === 1);
  phone.standIn.sessions[0]!.drop();
  const second = await phone.standIn.session(1);
  phone.say('hello');
  await phone.untilHeard(/You said hello\./);
  expect(second.items[0]).toMatchObject({ role: 'assistant', text: 'AI here.' });
});

test('over a carrier a used-up quota ends the call', async () => {
  phone = await PhoneOnStandIn.connect();
  await phone.untilHeard(/AI here\./);
  const fault = { type: 'insufficient_quota', code: 'insufficient_quota', message: 'No credit.' };
  phone.standIn.failResponse(fault);
  phone.say('hello');
  await expect(phone.session.call.ended).resolves.toMatchObject({ reason: 'agent-failed' });
});
