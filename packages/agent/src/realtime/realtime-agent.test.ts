import { delay } from '@phone-agents/core';
import { ManualClock } from '@phone-agents/core/testing';
import { tool } from 'ai';
import { z } from 'zod';
import type { ToolCallEnded, TurnMeasurement } from '../session-events.ts';
import { TALE, makeRealtimeAgent } from '../testing/realtime-agent.ts';
import { TestCall } from '../testing/test-call.ts';
import type { ToneRealtimeOptions } from '../testing/tone-realtime.ts';
import { createToneRealtimeModel } from '../testing/tone-realtime.ts';
import { createToneSpeech } from '../testing/tone-speech.ts';
import { phoneTools } from '../thinking/phone-tools.ts';
import { createVoiceAgent } from '../voice-agent.ts';

test('the caller is greeted as soon as the phone is attached', async () => {
  const { agent } = makeRealtimeAgent();
  const test = await TestCall.connect(agent);
  await test.clock.advance(2_000);
  expect(test.phone.heard).toBe('AI here.');
  expect(test.phone.firstSoundMs).toBeLessThan(60);
  expect(test.lines).toEqual(['agent: AI here.']);
  expect(test.session.state).toBe('listening');
  await test.call.hangUp();
});

test.each<ToneRealtimeOptions>([
  { inputSampleRate: 16_000, outputSampleRate: 24_000 },
  { inputSampleRate: 24_000, outputSampleRate: 24_000 },
  { inputSampleRate: 8_000, outputSampleRate: 8_000 },
  { answersItself: true },
])('a question is answered by a model of %j', async (modelOptions) => {
  const { agent } = makeRealtimeAgent({}, modelOptions);
  const test = await TestCall.connect(agent);
  const turns: TurnMeasurement[] = [];
  const states: string[] = [];
  test.session.on('turn-measured', (turn) => turns.push(turn));
  test.session.on('state-changed', ({ to }) => states.push(to));
  await test.clock.advance(1_000);
  test.phone.say('when do you open');
  await test.clock.advance(4_500);
  expect(test.phone.heard).toBe('AI here.You said when do you open.');
  expect(test.lines).toEqual([
    'agent: AI here.',
    'caller: when do you open',
    'agent: You said when do you open.',
  ]);
  expect(test.session.record.items.map(({ type }) => type)).toContain('speech');
  const [, question, answer] = test.session.transcript;
  expect(question!.startMs).toBeCloseTo(1_000, -2);
  expect(question!.endMs).toBeCloseTo(1_960, -2);
  expect(answer!.startMs).toBeGreaterThan(question!.endMs + 350);
  expect(states).toEqual(['speaking', 'listening', 'thinking', 'speaking', 'listening']);
  expect(turns).toHaveLength(1);
  expect(turns[0]!.endOfSpeechToFirstAudioMs).toBeGreaterThan(380);
  expect(turns[0]!.endOfSpeechToFirstAudioMs).toBeLessThan(520);
  expect(turns[0]!.firstHeardMs).toBeGreaterThan(0);
  await test.call.hangUp();
});

test('what the caller said before the agent was there is answered', async () => {
  const { agent } = makeRealtimeAgent({ protectGreeting: true });
  const test = await TestCall.ring();
  test.phone.say('hello');
  await test.clock.advance(2_000);
  await test.join(agent);
  await test.attach();
  await test.clock.advance(4_000);
  expect(test.phone.heard).toBe('AI here.You said hello.');
  await test.call.hangUp();
});

test('keys and texts interrupt and are answered', async () => {
  const { agent } = makeRealtimeAgent();
  const test = await TestCall.connect(agent);
  test.session.receiveText('a text');
  await test.clock.advance(2_500);
  test.call.receiveDigit('5');
  test.call.receiveDigit('7');
  await test.clock.advance(6_000);
  expect(test.phone.heard).toBe(
    "You said a text.You said The caller pressed 57 on the phone's keypad..",
  );
  expect(test.lines).toContain('caller: 57');
  await test.call.hangUp();
});

describe('tools', () => {
  const weather = (execute: (input: { city: string }) => Promise<string>) => ({
    get_weather: tool({
      description: 'Tells the weather.',
      inputSchema: z.object({ city: z.string() }),
      execute,
    }),
  });
  const think: ToneRealtimeOptions['think'] = ({ text }) =>
    text === 'weather' ? { tool: 'get_weather', arguments: { city: 'Bern' } } : `So ${text}.`;

  test('a tool is called, its result answered, and the call recorded', async () => {
    const asked: string[] = [];
    const { agent, model } = makeRealtimeAgent(
      {
        tools: weather(async ({ city }) => {
          asked.push(city);
          return 'sunny';
        }),
      },
      { think },
    );
    const test = await TestCall.connect(agent);
    const ended: ToolCallEnded[] = [];
    test.session.on('tool-call-ended', (one) => ended.push(one));
    await test.clock.advance(1_000);
    test.phone.say('weather');
    await test.clock.advance(3_000);
    expect(asked).toEqual(['Bern']);
    expect(test.phone.heard).toBe('AI here.So sunny.');
    expect(ended).toEqual([
      expect.objectContaining({
        toolName: 'get_weather',
        input: { city: 'Bern' },
        output: 'sunny',
      }),
    ]);
    expect(model.conversations[0]!.options.tools).toEqual([
      {
        name: 'get_weather',
        description: 'Tells the weather.',
        parameters: expect.objectContaining({ type: 'object', required: ['city'] }),
      },
    ]);
    await test.call.hangUp();
  });

  test('a tool gets what was said, and the model what the tool makes of its result for models', async () => {
    const seen: unknown[] = [];
    const { agent } = makeRealtimeAgent(
      {
        tools: {
          get_weather: tool({
            inputSchema: z.object({ city: z.string() }),
            execute: ({ city }, { messages }) => {
              seen.push(...messages);
              return { city, secret: 'raw' };
            },
            toModelOutput: ({ output }) => ({ type: 'text', value: `sun in ${output.city}` }),
          }),
        },
      },
      { think },
    );
    const test = await TestCall.connect(agent);
    await test.clock.advance(1_000);
    test.phone.say('weather');
    await test.clock.advance(3_000);
    expect(test.phone.heard).toBe('AI here.So sun in Bern.');
    expect(seen).toEqual([
      { role: 'assistant', content: 'AI here.' },
      { role: 'user', content: 'weather' },
    ]);
    await test.call.hangUp();
  });

  test('a tool says something while it works, and the answer comes behind it', async () => {
    const clock = new ManualClock();
    const { agent } = makeRealtimeAgent(
      {
        tools: ({ say }) =>
          weather(async () => {
            say('Let me see.');
            await delay(clock, 2_000);
            return 'sunny';
          }),
      },
      { think },
    );
    const test = await TestCall.connect(agent, clock);
    await clock.advance(1_000);
    test.phone.say('weather');
    await clock.advance(1_600);
    const later = test.session.say('And this.');
    await clock.advance(5_000);
    expect(test.phone.heard).toBe('AI here.Let me see.So sunny.And this.');
    expect(test.lines.slice(2)).toEqual(['agent: Let me see. So sunny.', 'agent: And this.']);
    await expect(later.finished).resolves.toMatchObject({ interrupted: false });
    await test.call.hangUp();
  });

  test('a tool that fails, or takes too long, is told to the model', async () => {
    const { agent } = makeRealtimeAgent(
      { tools: weather(() => new Promise(() => {})), toolTimeoutMs: 1_000 },
      { think },
    );
    const test = await TestCall.connect(agent);
    const errors: (string | undefined)[] = [];
    test.session.on('tool-call-ended', ({ error }) => errors.push(error));
    await test.clock.advance(1_000);
    test.phone.say('weather');
    await test.clock.advance(6_000);
    expect(errors).toEqual(['The tool took too long.']);
    expect(test.phone.heard).toContain('So {"error":"The tool took too long."}');
    await test.call.hangUp();
  });

  test('arguments that do not fit the schema are refused', async () => {
    const { agent } = makeRealtimeAgent(
      { tools: weather(async () => 'never') },
      { think: ({ text }) => (text === 'go' ? { tool: 'get_weather', arguments: {} } : 'Oh.') },
    );
    const test = await TestCall.connect(agent);
    const errors: (string | undefined)[] = [];
    test.session.on('tool-call-ended', ({ error }) => errors.push(error));
    await test.clock.advance(1_000);
    test.phone.say('go');
    await test.clock.advance(3_000);
    expect(errors).toEqual([expect.stringMatching(/city/)]);
    expect(test.phone.heard).toBe('AI here.Oh.');
    await test.call.hangUp();
  });
});

test('nothing remains of a call that has ended', async () => {
  const { agent, model } = makeRealtimeAgent({}, { think: () => TALE });
  const test = await TestCall.connect(agent);
  await test.clock.advance(1_000);
  test.phone.say('go');
  await test.clock.advance(1_500);
  const speech = test.session.say('never heard');
  const asked: unknown[] = [];
  Object.assign(model.conversations[0]!, { respond: (one: unknown) => asked.push(one) });
  await test.call.hangUp();
  expect(asked).toEqual([]);
  await expect(speech.finished).resolves.toMatchObject({ interrupted: true });
  expect(model.conversations[0]!.isOpen).toBe(false);
  await test.clock.advance(0);
  expect(test.clock.timerCount).toBe(0);
});

test('hanging up waits for what is being said', async () => {
  const { agent } = makeRealtimeAgent();
  const test = await TestCall.connect(agent);
  await test.clock.advance(100);
  const hungUp = test.session.hangUp();
  await test.clock.advance(2_000);
  await hungUp;
  expect(test.phone.heard).toBe('AI here.');
});

test('a model can collect keys, and hang up when it was heard', async () => {
  const { agent } = makeRealtimeAgent(
    {
      tools: (context) => ({
        ...phoneTools(context),
        hangUp: tool({
          inputSchema: z.object({}),
          execute: () => {
            void context.session.hangUp();
            return 'The call ends when the caller has heard you.';
          },
        }),
      }),
    },
    {
      think: ({ text }) => {
        if (text === 'account') return { tool: 'collectDigits', arguments: { maxDigits: 3 } };
        if (text.startsWith('{')) return `Got ${(JSON.parse(text) as { digits: string }).digits}.`;
        return text === 'bye' ? { tool: 'hangUp', arguments: {} } : 'Goodbye.';
      },
    },
  );
  const test = await TestCall.connect(agent);
  await test.clock.advance(1_000);
  test.phone.say('account');
  await test.clock.advance(1_500);
  for (const key of '123') test.call.receiveDigit(key);
  await test.clock.advance(2_000);
  expect(test.phone.heard).toBe('AI here.Got 123.');
  test.phone.say('bye');
  await test.clock.advance(3_000);
  await expect(test.call.ended).resolves.toMatchObject({ reason: 'agent-hung-up' });
  expect(test.phone.heard).toBe('AI here.Got 123.Goodbye.');
});

test('who is on hold is neither heard nor answered', async () => {
  const { agent, model } = makeRealtimeAgent();
  const test = await TestCall.connect(agent);
  await test.clock.advance(1_000);
  const heardMs = model.conversations[0]!.heardMs;
  test.call.announce('call-held', {});
  test.phone.say('music');
  await test.clock.advance(2_000);
  expect(model.conversations[0]!.heardMs).toBe(heardMs);
  test.call.announce('call-resumed', {});
  test.phone.say('hello');
  await test.clock.advance(3_000);
  expect(test.phone.heard).toBe('AI here.You said hello.');
  await test.call.hangUp();
});

test('a machine is left a message and not talked to', async () => {
  const { agent } = makeRealtimeAgent();
  const test = await TestCall.connect(agent);
  await test.clock.advance(1_000);
  let end = (): void => {};
  const greetingEnded = new Promise<void>((resolve) => (end = resolve));
  const left = test.session.leaveMessage!({ message: 'Call us back.', greetingEnded });
  test.phone.say('leave a message');
  await test.clock.advance(2_500);
  end();
  await test.clock.advance(2_000);
  await left;
  expect(test.phone.heard).toBe('AI here.Call us back.');
  await test.call.hangUp();
});

test('what does not belong beside a realtime model is named', () => {
  const realtime = createToneRealtimeModel();
  const options = { realtime, responder: () => 'no', isTurnComplete: () => true, userId: '' };
  expect(() => createVoiceAgent(options)).toThrow(/responder.*isTurnComplete.*userId/);
  // @ts-expect-error TypeScript says so too.
  expect(() => createVoiceAgent({ realtime, maxSteps: 3 })).toThrow(/maxSteps/);
  const without: Parameters<typeof createVoiceAgent>[0] = { tts: createToneSpeech().tts };
  expect(() => createVoiceAgent(without)).toThrow(/model.*responder.*realtime/);
});
