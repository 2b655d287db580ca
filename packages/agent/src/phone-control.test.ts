import { ManualClock } from '@phone-agents/core/testing';
import type { ScriptItem, ScriptedModel } from './testing/scripted-model.ts';
import { scriptedModel } from './testing/scripted-model.ts';
import { TestCall } from './testing/test-call.ts';
import { createToneSpeech } from './testing/tone-speech.ts';
import { phoneTools } from './thinking/phone-tools.ts';
import type { VoiceAgentOptions } from './voice-agent-options.ts';
import { createVoiceAgent } from './voice-agent.ts';

async function start(
  script: readonly ScriptItem[],
  options: Partial<VoiceAgentOptions> = {},
): Promise<{ test: TestCall; model: ScriptedModel }> {
  const clock = new ManualClock();
  const model = scriptedModel(script, { clock });
  const agent = createVoiceAgent({
    ...createToneSpeech(),
    greeting: 'AI here.',
    model,
    tools: (context) => phoneTools(context),
    ...options,
  });
  await agent.prepare();
  const test = await TestCall.connect(agent, clock);
  await clock.advance(1_000);
  return { test, model };
}

const ASK: ScriptItem = {
  text: 'Type your number.',
  toolCalls: [{ toolName: 'collectDigits', input: { maxDigits: 6 } }],
};
const READ: ScriptItem = ({ toolResults }) => JSON.stringify(toolResults['collectDigits']);

async function press(test: TestCall, keys: string, gapMs = 300): Promise<void> {
  for (const key of keys) {
    test.call.receiveDigit(key);
    await test.clock.advance(gapMs);
  }
}

test.each([
  ['42#', { digits: '42', complete: true }],
  ['123456', { digits: '123456', complete: true }],
  ['12', { digits: '12', complete: false }],
])('the model collects %j from the keypad', async (keys, result) => {
  const { test, model } = await start([ASK, READ]);
  test.phone.say('my account');
  await test.clock.advance(3_000);
  expect(test.phone.heard).toBe('AI here.Type your number.');
  await press(test, keys);
  await test.clock.advance(5_000);
  expect(model.requests[1]!.toolResults['collectDigits']).toEqual(result);
  // While the caller types nobody says "one moment".
  expect(test.phone.heard).toContain('AI here.Type your number.{');
  await test.call.hangUp();
});

test('who types ahead does not hear the request to its end', async () => {
  const { test } = await start([ASK, 'Thanks.']);
  test.phone.say('my account');
  await test.clock.advance(1_900);
  await press(test, '77#');
  await test.clock.advance(2_000);
  expect(test.phone.heard).toMatch(/^AI here\.Type [a-z ]{0,8}Thanks\.$/);
  await test.call.hangUp();
});

test('who speaks instead of typing is answered', async () => {
  const { test, model } = await start([ASK, 'Never asked.', 'No number then.']);
  test.phone.say('my account');
  await test.clock.advance(4_000);
  test.phone.say('I forgot it');
  await test.clock.advance(3_000);
  expect(model.requests.at(-1)!.text).toBe('I forgot it');
  expect(JSON.stringify(model.requests.at(-1)!.prompt)).toContain('It has not answered yet.');
  await test.call.hangUp();
});

test('who types nothing is waited for, and the model is told', async () => {
  const { test, model } = await start([ASK, 'Are you there?']);
  test.phone.say('my account');
  await test.clock.advance(9_000);
  expect(model.requests).toHaveLength(1);
  await test.clock.advance(6_000);
  expect(model.requests[1]!.toolResults['collectDigits']).toEqual({ digits: '', complete: false });
  expect(test.phone.heard).toBe('AI here.Type your number.Are you there?');
  await test.call.hangUp();
});

test('keys that nobody asked for come to the model as one input, and stop the agent at once', async () => {
  const { test, model } = await start(['A long story that goes on and on and on.', 'Order 123?']);
  test.phone.say('story');
  await test.clock.advance(2_000);
  await press(test, '123', 200);
  const silentAt = test.phone.heard;
  expect(model.requests).toHaveLength(1);
  await test.clock.advance(900);
  expect(test.phone.heard.slice(0, silentAt.length)).toBe(silentAt);
  await test.clock.advance(3_000);
  expect(model.requests[1]!.text).toBe("(The caller pressed 123 on the phone's keypad.)");
  await test.call.hangUp();
});

test('on hold the agent is silent, and goes on where it stopped', async () => {
  const { test } = await start(['One two three four five six seven eight.']);
  test.phone.say('count');
  await test.clock.advance(2_400);
  test.call.announce('call-held', {});
  const silentAt = test.phone.heard;
  await test.clock.advance(10_000);
  expect(test.phone.heard).toBe(silentAt);
  expect(test.session.state).toBe('listening');
  test.call.announce('call-resumed', {});
  await test.clock.advance(4_000);
  expect(test.phone.heard).toMatch(/^AI here\.One two three four five six seven eight\.$/);
  await test.call.hangUp();
});

test('a message is left when the greeting of the machine is over, and heard to its end', async () => {
  const { test } = await start([]);
  let endGreeting = (): void => {};
  const greetingEnded = new Promise<void>((resolve) => (endGreeting = resolve));
  let isLeft = false;
  void test.session
    .leaveMessage?.({ message: 'Please call back. Thanks.', greetingEnded })
    .then(() => (isLeft = true));
  await test.clock.advance(3_000);
  expect(test.phone.heard).toBe('AI here.');
  endGreeting();
  await test.clock.advance(600);
  test.phone.say('beep beep');
  await test.clock.advance(600);
  expect(isLeft).toBe(false);
  await test.clock.advance(2_000);
  expect(isLeft).toBe(true);
  expect(test.phone.heard).toBe('AI here.Please call back.Thanks.');
  await test.call.hangUp();
});

test.each([
  ['yes please', true],
  ['no not now', false],
])('who is asked to take a transferred call says %j', async (words, accepted) => {
  const { test: first } = await start([]);
  const briefing = first.session.createBriefing!('A question about an order.');
  const second = await TestCall.ring(first.clock);
  await second.join(briefing);
  await second.attach();
  const answers: boolean[] = [];
  second.call.on('transfer-answered', (answered) => answers.push(answered.accepted));
  await first.clock.advance(8_000);
  expect(second.phone.heard).toContain('A question about an order.Press one to take the call');
  second.phone.say(words);
  await first.clock.advance(2_000);
  expect(answers).toEqual([accepted]);
  await first.call.hangUp();
  await second.call.hangUp();
});
