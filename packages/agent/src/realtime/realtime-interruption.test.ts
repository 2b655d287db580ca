import type { InterruptionAccepted } from '../session-events.ts';
import { TALE, makeRealtimeAgent } from '../testing/realtime-agent.ts';
import { TestCall } from '../testing/test-call.ts';
import { encodeTones } from '../testing/tone-code.ts';
import type { ToneRealtimeOptions } from '../testing/tone-realtime.ts';
import type { RealtimeAgentOptions } from './realtime-options.ts';

async function tellTale(
  options: Partial<RealtimeAgentOptions> = {},
  modelOptions: ToneRealtimeOptions = {},
) {
  const { agent, model } = makeRealtimeAgent(options, {
    think: ({ text }) => (text === 'go' ? TALE : 'Yes?'),
    ...modelOptions,
  });
  const test = await TestCall.connect(agent);
  const events: string[] = [];
  test.session.on('interruption-accepted', () => events.push('accepted'));
  test.session.on('speech-resumed', () => events.push('resumed'));
  await test.clock.advance(1_000);
  test.phone.say('go');
  await test.clock.advance(2_000);
  return { test, conversation: model.conversations[0]!, events };
}

test('a cough stops the agent, which then goes on where it stopped: nothing is lost and nothing said twice', async () => {
  const { test, conversation, events } = await tellTale();
  test.phone.cough(500);
  await test.clock.advance(600);
  const silentAt = test.phone.heard;
  await test.clock.advance(250);
  expect(test.phone.heard).toBe(silentAt);
  expect(test.session.state).toBe('listening');
  await test.clock.advance(6_000);
  expect(events).toEqual(['accepted', 'resumed']);
  // A letter that is cut in two is read as two, or not at all.
  const story = test.phone.heard.slice('AI here.'.length);
  expect(Math.abs(story.length - TALE.length)).toBeLessThanOrEqual(1);
  expect(test.lines).toEqual(['agent: AI here.', 'caller: go', `agent: ${TALE}`]);
  // The model knows neither of the cough nor of a cut.
  expect(conversation.items.map(({ text, cutAtMs }) => [text, cutAtMs])).toEqual([
    ['AI here.', undefined],
    ['go', undefined],
    [TALE, undefined],
  ]);
  await test.call.hangUp();
});

test('the agent goes on behind a noise that the model does not hear at all', async () => {
  const { test, conversation, events } = await tellTale();
  conversation.deafen();
  test.phone.cough(600);
  await test.clock.advance(8_000);
  expect(events).toEqual(['accepted', 'resumed']);
  expect(Math.abs(test.phone.heard.length - `AI here.${TALE}`.length)).toBeLessThanOrEqual(1);
  await test.call.hangUp();
});

test('the agent goes on while the model still waits for the end of a turn that was a noise', async () => {
  const { test, conversation, events } = await tellTale({}, { silenceMs: 1_000 });
  await test.clock.advance(1_000);
  expect(test.session.state).toBe('speaking');
  test.phone.cough(400);
  // The model waits for more, as one does that judges by meaning.
  await test.clock.advance(900);
  conversation.deafen();
  await test.clock.advance(8_000);
  expect(events).toEqual(['accepted', 'resumed']);
  expect(test.phone.heard).toMatch(/all\.$/);
  await test.call.hangUp();
});

test('a short word is no cough: it is answered', async () => {
  const { test, events } = await tellTale();
  test.phone.say('please');
  await test.clock.advance(3_000);
  expect(events).toEqual(['accepted']);
  expect(test.lines.slice(-2)).toEqual(['caller: please', 'agent: Yes?']);
  await test.call.hangUp();
});

test('a sound that the model does not write down is answered after a second', async () => {
  const { test, events } = await tellTale({}, { transcribes: false });
  test.phone.say('please');
  await test.clock.advance(1_700);
  expect(test.phone.heard).not.toMatch(/Yes\?$/);
  await test.clock.advance(1_000);
  expect(test.phone.heard).toMatch(/Yes\?$/);
  expect(events).toEqual(['accepted']);
  await test.call.hangUp();
});

test('long speech is an interruption before it has ended', async () => {
  const { test, conversation } = await tellTale();
  test.phone.say('I want to say something else now');
  await test.clock.advance(1_300);
  const item = conversation.items.find(({ text }) => text === TALE);
  expect(item!.cutAtMs).toBeGreaterThan(500);
  await test.clock.advance(3_000);
  expect(test.lines.at(-1)).toBe('agent: Yes?');
  await test.call.hangUp();
});

test('a model that answers by itself is interrupted for good, for it will answer', async () => {
  const { test, events } = await tellTale({}, { answersItself: true });
  test.phone.cough(500);
  await test.clock.advance(3_000);
  expect(events).toEqual(['accepted']);
  expect(test.phone.heard).toMatch(/Yes\?$/);
  await test.call.hangUp();
});

test('the agent does not take its own echo for the caller, but hears the caller through it', async () => {
  const { test, conversation, events } = await tellTale();
  test.phone.echo(160, 0.4);
  await test.clock.advance(6_000);
  expect(events).toEqual([]);
  expect(test.phone.heard).toBe(`AI here.${TALE}`);
  expect(conversation.items.filter(({ role }) => role === 'caller')).toHaveLength(1);
  test.phone.say('go');
  await test.clock.advance(2_000);
  test.phone.say('stop there');
  await test.clock.advance(900);
  expect(events).toEqual(['accepted']);
  await test.call.hangUp();
});

test('on hold the agent is silent, and goes on where it stopped', async () => {
  const { test } = await tellTale();
  test.call.announce('call-held', {});
  const silentAt = test.phone.heard;
  test.phone.say('music that nobody hears');
  await test.clock.advance(10_000);
  expect(test.phone.heard).toBe(silentAt);
  expect(test.session.state).toBe('listening');
  test.call.announce('call-resumed', {});
  await test.clock.advance(5_000);
  expect(test.phone.heard).toBe(`AI here.${TALE}`);
  await test.call.hangUp();
});

test('of several speeches one is stopped, and the others are heard whole', async () => {
  const { test } = await tellTale();
  const first = test.session.say('First of all this.');
  const second = test.session.say('Then that.');
  test.session.say('And this.');
  second.interrupt();
  while (!test.phone.heard.includes('First')) await test.clock.advance(200);
  first.interrupt();
  await test.clock.advance(3_000);
  expect(test.phone.heard).toMatch(/^AI here\.One tale.*all\.First ?And this\.$/);
  expect(test.phone.heard).not.toContain('Then');
  expect(await first.finished).toMatchObject({ interrupted: true });
  expect(await second.finished).toMatchObject({ interrupted: true, heardText: '' });
  await test.call.hangUp();
});

test('the caller interrupts, and the model remembers what was heard', async () => {
  const { agent, model } = makeRealtimeAgent(
    {},
    { think: ({ text }) => (text === 'go' ? TALE : 'Yes?') },
  );
  const test = await TestCall.connect(agent);
  const interruptions: InterruptionAccepted[] = [];
  test.session.on('interruption-accepted', (one) => interruptions.push(one));
  await test.clock.advance(1_000);
  test.phone.say('go');
  await test.clock.advance(2_500);
  expect(test.session.state).toBe('speaking');
  test.phone.say('stop that now');
  await test.clock.advance(4_000);
  expect(interruptions).toHaveLength(1);
  const [{ text, heardText, startedAtMs, acceptedAtMs }] = interruptions as [InterruptionAccepted];
  expect(text).toBe(TALE);
  expect(TALE.startsWith(heardText)).toBe(true);
  expect(heardText.length).toBeGreaterThan(20);
  expect(acceptedAtMs - startedAtMs).toBeLessThan(450);
  expect(test.lines.slice(2)).toEqual([
    `agent: ${heardText}|`,
    'caller: stop that now',
    'agent: Yes?',
  ]);
  // 60 ms for each letter, of which the last word was cut.
  const item = model.conversations[0]!.items.find((one) => one.text === TALE);
  expect(item!.cutAtMs! / 60).toBeGreaterThanOrEqual(heardText.length - 2);
  expect(item!.cutAtMs! / 60).toBeLessThan(heardText.length + 14);
  await test.call.hangUp();
});

test('a cough does not interrupt, and is forgotten by the model', async () => {
  const { agent, model } = makeRealtimeAgent({}, { think: () => TALE });
  const test = await TestCall.connect(agent);
  const interruptions: unknown[] = [];
  test.session.on('interruption-accepted', (one) => interruptions.push(one));
  await test.clock.advance(1_000);
  test.phone.say('go');
  await test.clock.advance(2_000);
  test.phone.sound(encodeTones('xx', 8_000));
  await test.clock.advance(6_000);
  expect(interruptions).toEqual([]);
  expect(test.phone.heard).toBe(`AI here.${TALE}`);
  expect(model.conversations[0]!.items.filter(({ role }) => role === 'caller')).toHaveLength(1);
  await test.call.hangUp();
});

test('without a detector the model is believed', async () => {
  const { agent } = makeRealtimeAgent({ vad: undefined }, { think: () => TALE });
  const test = await TestCall.connect(agent);
  await test.clock.advance(1_000);
  test.phone.say('go');
  await test.clock.advance(2_000);
  test.phone.sound(encodeTones('xx', 8_000));
  await test.clock.advance(500);
  expect(test.lines.at(-1)).toMatch(/^agent: .*\|$/);
  await test.call.hangUp();
});

test('a protected greeting is heard whole, and the question behind it answered', async () => {
  const { agent } = makeRealtimeAgent({
    greeting: 'AI here, please listen.',
    protectGreeting: true,
  });
  const test = await TestCall.connect(agent);
  await test.clock.advance(300);
  test.phone.say('hello there');
  await test.clock.advance(5_000);
  expect(test.phone.heard).toBe('AI here, please listen.You said hello there.');
  await test.call.hangUp();
});

test('where the greeting was interrupted the answer says that an AI is speaking', async () => {
  const orders: (string | undefined)[] = [];
  const { agent } = makeRealtimeAgent(
    { greeting: 'Hello and welcome to this line.', aiDisclosure: 'I am an AI.' },
    {
      think: ({ instructions }) => {
        orders.push(instructions);
        return 'Yes.';
      },
    },
  );
  const test = await TestCall.connect(agent);
  await test.clock.advance(200);
  test.phone.say('hey you');
  await test.clock.advance(3_000);
  test.phone.say('again');
  await test.clock.advance(3_000);
  expect(orders).toEqual([
    'Be brief.\nBegin your answer with exactly this sentence: I am an AI.',
    undefined,
  ]);
  await test.call.hangUp();
});

test('say and respond can be waited for, and stopped', async () => {
  const { agent } = makeRealtimeAgent({}, { think: ({ instructions }) => `Done: ${instructions}` });
  const test = await TestCall.connect(agent);
  await test.clock.advance(1_000);
  const said = test.session.say('A word from us.');
  await test.clock.advance(2_000);
  await expect(said.finished).resolves.toMatchObject({
    text: 'A word from us.',
    heardText: 'A word from us.',
    interrupted: false,
  });
  const summary = test.session.respond('Sum it up.');
  await test.clock.advance(600);
  summary.interrupt();
  const outcome = await summary.finished;
  expect(outcome.interrupted).toBe(true);
  expect(outcome.text.startsWith('Done: Be brief.\nSum it up.')).toBe(true);
  expect(outcome.heardText.length).toBeLessThan(12);
  await test.call.hangUp();
});
