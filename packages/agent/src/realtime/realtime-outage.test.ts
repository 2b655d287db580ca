import { ManualClock } from '@phone-agents/core/testing';
import { TALE, makeRealtimeAgent } from '../testing/realtime-agent.ts';
import { TestCall } from '../testing/test-call.ts';
import type { ToneConversation, ToneRealtimeOptions } from '../testing/tone-realtime.ts';
import { createToneRealtimeModel } from '../testing/tone-realtime.ts';
import { createToneSpeech } from '../testing/tone-speech.ts';
import { createVoiceAgent } from '../voice-agent.ts';
import type { RealtimeAgentOptions } from './realtime-options.ts';

/** Longer than this nobody may wait in silence. */
const DEAD_AIR_MS = 2_000;

interface Outage {
  readonly test: TestCall;
  readonly conversation: ToneConversation;
  /** The longest silence at the ear since the caller has spoken, until the call's end or the last sound. */
  silenceMs(): number;
}

/** A call in which something happens at the model, and the caller asks something. */
async function ask(
  before: (conversation: ToneConversation) => void,
  options: Partial<RealtimeAgentOptions> = {},
  modelOptions: ToneRealtimeOptions = {},
  question = 'hello?',
): Promise<Outage> {
  const { agent, model } = makeRealtimeAgent(options, modelOptions);
  const test = await TestCall.connect(agent, new ManualClock());
  await test.clock.advance(1_000);
  const conversation = model.conversations[0]!;
  before(conversation);
  test.phone.say(question);
  await test.clock.advance(60 * question.length);
  const spokenMs = test.phone.elapsedMs;
  const silenceMs = (): number => {
    const { lastSoundMs, elapsedMs } = test.phone;
    const untilMs = test.call.endInfo ? elapsedMs : Math.max(lastSoundMs, spokenMs);
    return test.phone.longestSilenceMs(spokenMs, untilMs);
  };
  return { test, conversation, silenceMs };
}

test('a model that is connected but silent: fillers in its own voice, then the end', async () => {
  const { test, silenceMs } = await ask((conversation) => conversation.hang());
  await test.clock.advance(30_000);
  await expect(test.call.ended).resolves.toMatchObject({
    reason: 'agent-failed',
    error: { code: 'reply_timeout' },
  });
  expect(test.phone.heard).toMatch(/^AI here\.One moment, please\.(I am still on it\.)+$/);
  expect(test.phone.elapsedMs).toBeLessThan(20_000);
  expect(silenceMs()).toBeLessThanOrEqual(DEAD_AIR_MS);
});

test('a model that falls silent in the middle of an answer: the same', async () => {
  const { test, conversation, silenceMs } = await ask(() => {}, {}, { think: () => TALE });
  const { onEvent } = conversation.options;
  let pieces = 0;
  Object.assign(conversation.options, {
    onEvent: (event: Parameters<typeof onEvent>[0]) => {
      onEvent(event);
      if (event.type === 'audio-received' && ++pieces === 4) conversation.hang();
    },
  });
  await test.clock.advance(30_000);
  await expect(test.call.ended).resolves.toMatchObject({ error: { code: 'reply_timeout' } });
  expect(test.phone.heard).toMatch(/^AI here\.One t.*One moment, please\.I am/);
  expect(silenceMs()).toBeLessThanOrEqual(DEAD_AIR_MS);
});

test('a model that does not hear a question: the caller is asked to say it again', async () => {
  const { test, silenceMs } = await ask(
    (one) => one.deafen(),
    {},
    { think: ({ instructions }) => (/say it again/.test(instructions ?? '') ? 'Again?' : 'No.') },
    'hello is anybody there',
  );
  await test.clock.advance(6_000);
  expect(test.phone.heard).toMatch(/^AI here\.One moment, please\.Again\?$/);
  expect(silenceMs()).toBeLessThanOrEqual(DEAD_AIR_MS);
  await test.call.hangUp();
});

test('a model that neither hears nor speaks: fillers, then the end', async () => {
  const { test, silenceMs } = await ask(
    (one) => {
      one.deafen();
      one.hang();
    },
    {},
    {},
    'hello is anybody there',
  );
  await test.clock.advance(30_000);
  await expect(test.call.ended).resolves.toMatchObject({ error: { code: 'reply_timeout' } });
  expect(silenceMs()).toBeLessThanOrEqual(DEAD_AIR_MS);
});

test('a question whose connection is lost: fillers, and the answer as soon as it is there again', async () => {
  const { test, conversation, silenceMs } = await ask((one) => one.hang());
  await test.clock.advance(600);
  conversation.lose();
  await test.clock.advance(7_000);
  expect(test.session.state).not.toBe('listening');
  conversation.restore();
  await test.clock.advance(5_000);
  expect(test.phone.heard).toMatch(/please\.(I am still on it\.)+You said hello\?\.$/);
  expect(silenceMs()).toBeLessThanOrEqual(DEAD_AIR_MS);
  await test.call.hangUp();
});

test('a question whose words were lost with the connection: the caller is asked to say it again', async () => {
  const think: ToneRealtimeOptions['think'] = ({ instructions }) =>
    /say it again/.test(instructions ?? '') ? 'Again?' : 'No.';
  const { test, conversation } = await ask((one) => one.hang(), {}, { think, transcribes: false });
  await test.clock.advance(600);
  conversation.lose();
  await test.clock.advance(300);
  conversation.restore();
  await test.clock.advance(3_000);
  expect(test.phone.heard).toBe('AI here.Again?');
  await test.call.hangUp();
});

test('a question that is asked while the connection is lost: the same', async () => {
  const { test, conversation, silenceMs } = await ask((one) => one.lose());
  await test.clock.advance(7_000);
  expect(test.phone.heard).toMatch(/^AI here\.One moment, please\.I am still on it\./);
  conversation.restore();
  await test.clock.advance(5_000);
  expect(test.phone.heard).toMatch(/You said hello\?\.$/);
  expect(silenceMs()).toBeLessThanOrEqual(DEAD_AIR_MS);
  await test.call.hangUp();
});

test('a quota that is used up: the call ends at once, with the reason', async () => {
  const { test, conversation, silenceMs } = await ask(() => {});
  const fault = new Error('No credit is left.');
  conversation.failAnswer(fault);
  await test.clock.advance(400);
  conversation.fail(fault);
  await test.clock.advance(1_000);
  await expect(test.call.ended).resolves.toMatchObject({ reason: 'agent-failed', error: fault });
  expect(silenceMs()).toBeLessThanOrEqual(DEAD_AIR_MS);
});

test('what has come of an answer by the end of the connection is heard before the call ends', async () => {
  const { test, conversation } = await ask(() => {});
  await test.clock.advance(900);
  expect(test.session.state).toBe('speaking');
  conversation.fail(new Error('gone'));
  await test.clock.advance(5_000);
  expect(test.call.endInfo?.reason).toBe('agent-failed');
  expect(test.phone.heard).toBe('AI here.You said hello?.');
});

test('an answer that fails for a moment is asked for again', async () => {
  const { test } = await ask((conversation) => conversation.failAnswer(new Error('busy')));
  const failures: string[] = [];
  test.session.on('turn-failed', ({ error }) => failures.push(String(error)));
  await test.clock.advance(4_000);
  expect(failures).toEqual(['Error: busy']);
  expect(test.phone.heard).toBe('AI here.You said hello?.');
  await test.call.hangUp();
});

test('fillers are said by another voice where there is one, or not at all', async () => {
  const { tts } = createToneSpeech();
  const sentences: string[] = [];
  const spy: typeof tts = {
    ...tts,
    synthesize: (text, given) => {
      sentences.push(text);
      return tts.synthesize(text, given);
    },
  };
  const { agent, model } = makeRealtimeAgent({
    tts: spy,
    fillers: { sentences: ['Wait.'] },
    timeLimit: { afterMs: 600_000, goodbye: 'Time is up.' },
  });
  await agent.prepare();
  expect(sentences).toEqual(['Wait.', 'Time is up.']);
  expect(model.conversations).toEqual([]);
  const silent = makeRealtimeAgent({ fillers: false });
  await silent.agent.prepare();
  expect(silent.model.conversations).toEqual([]);
});

test('the model renders fillers once for all calls, and a model without a key is known before the first', async () => {
  const { agent, model } = makeRealtimeAgent();
  await agent.prepare();
  expect(model.conversations).toHaveLength(2);
  expect(model.conversations.every(({ isOpen }) => !isOpen)).toBe(true);
  for (let calls = 1; calls <= 2; calls++) {
    const test = await TestCall.connect(agent);
    await test.clock.advance(1_000);
    await test.call.hangUp();
    expect(model.conversations).toHaveLength(2 + calls);
  }
  const keyless = createVoiceAgent({
    realtime: { ...createToneRealtimeModel(), connect: () => Promise.reject(new Error('No key.')) },
  });
  await expect(keyless.prepare()).rejects.toThrow('No key.');
});

test('a question whose connection is lost is answered when it is there again', async () => {
  const { agent, model } = makeRealtimeAgent();
  const test = await TestCall.connect(agent);
  await test.clock.advance(1_000);
  const conversation = model.conversations[0]!;
  conversation.hang();
  test.phone.say('hello');
  await test.clock.advance(1_000);
  expect(test.session.state).toBe('thinking');
  conversation.lose();
  await test.clock.advance(2_000);
  expect(test.phone.heard).toBe('AI here.One moment, please.');
  conversation.restore();
  await test.clock.advance(2_000);
  expect(test.phone.heard).toBe('AI here.One moment, please.You said hello.');
  expect(conversation.items.map(({ role, text }) => `${role}: ${text}`)).toEqual([
    'agent: AI here.',
    'caller: hello',
    'agent: One moment, please.',
    'agent: You said hello.',
  ]);
  await test.call.hangUp();
});

test('a sentence that broke off with the connection goes on', async () => {
  const orders: (string | undefined)[] = [];
  const { agent, model } = makeRealtimeAgent(
    {},
    {
      think: ({ instructions }) => {
        orders.push(instructions);
        return orders.length === 1 ? TALE : 'And so on.';
      },
    },
  );
  const test = await TestCall.connect(agent);
  await test.clock.advance(1_000);
  const conversation = model.conversations[0]!;
  let pieces = 0;
  const { onEvent } = conversation.options;
  Object.assign(conversation.options, {
    onEvent: (event: Parameters<typeof onEvent>[0]) => {
      onEvent(event);
      if (event.type === 'audio-received' && ++pieces === 4) conversation.lose();
    },
  });
  test.phone.say('go');
  await test.clock.advance(1_500);
  conversation.restore();
  await test.clock.advance(3_000);
  expect(orders[1]).toMatch(/Go on where you stopped/);
  expect(test.phone.heard).toMatch(/^AI here\.One tale.*And so on\.$/);
  expect(conversation.items.map(({ role }) => role)).toEqual(['agent', 'caller', 'agent', 'agent']);
  await test.call.hangUp();
});

test('a model that cannot be reached keeps the agent out of the call', async () => {
  const model = createToneRealtimeModel();
  const agent = createVoiceAgent({
    realtime: { ...model, connect: () => Promise.reject(new Error('No key.')) },
  });
  const test = await TestCall.ring();
  await expect(test.join(agent)).rejects.toThrow('No key.');
  await test.call.hangUp();
});
