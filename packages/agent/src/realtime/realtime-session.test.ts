import { tool } from 'ai';
import { z } from 'zod';
import type { InterruptionAccepted, ToolCallEnded, TurnMeasurement } from '../session-events.ts';
import { createEnergyDetector } from '../testing/energy-detector.ts';
import { TestCall } from '../testing/test-call.ts';
import { encodeTones } from '../testing/tone-code.ts';
import type { ToneRealtimeModel, ToneRealtimeOptions } from '../testing/tone-realtime.ts';
import { createToneRealtimeModel } from '../testing/tone-realtime.ts';
import { createToneSpeech } from '../testing/tone-speech.ts';
import type { VoiceAgent } from '../voice-agent.ts';
import { phoneTools } from '../thinking/phone-tools.ts';
import { createVoiceAgent } from '../voice-agent.ts';
import { heardWords } from './heard-words.ts';
import type { RealtimeAgentOptions } from './realtime-options.ts';

function makeAgent(
  options: Partial<RealtimeAgentOptions> = {},
  modelOptions: ToneRealtimeOptions = {},
): { agent: VoiceAgent; model: ToneRealtimeModel } {
  const model = createToneRealtimeModel(modelOptions);
  const agent = createVoiceAgent({
    realtime: model,
    vad: createEnergyDetector(),
    instructions: 'Be brief.',
    greeting: 'AI here.',
    ...options,
  });
  return { agent, model };
}

const TALE = 'One tale of old. It goes on and on. And it has no end at all.';

test('the caller is greeted as soon as the phone is attached', async () => {
  const { agent } = makeAgent();
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
  const { agent } = makeAgent({}, modelOptions);
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
  expect(states).toEqual(['listening', 'thinking', 'speaking', 'listening']);
  if (modelOptions.answersItself !== true) {
    expect(turns).toHaveLength(1);
    expect(turns[0]!.endOfSpeechToFirstAudioMs).toBeGreaterThan(380);
    expect(turns[0]!.endOfSpeechToFirstAudioMs).toBeLessThan(520);
    expect(turns[0]!.firstHeardMs).toBeGreaterThan(0);
  }
  await test.call.hangUp();
});

test('what the caller said before the agent was there is answered', async () => {
  const { agent } = makeAgent({ protectGreeting: true });
  const test = await TestCall.ring();
  test.phone.say('hello');
  await test.clock.advance(2_000);
  await test.join(agent);
  await test.attach();
  await test.clock.advance(4_000);
  expect(test.phone.heard).toBe('AI here.You said hello.');
  await test.call.hangUp();
});

describe('interruption', () => {
  test('the caller interrupts, and the model remembers what was heard', async () => {
    const { agent, model } = makeAgent(
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
    const [{ text, heardText, startedAtMs, acceptedAtMs }] = interruptions as [
      InterruptionAccepted,
    ];
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
    const { agent, model } = makeAgent({}, { think: () => TALE });
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
    const { agent } = makeAgent({ vad: undefined }, { think: () => TALE });
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
    const { agent } = makeAgent({ greeting: 'AI here, please listen.', protectGreeting: true });
    const test = await TestCall.connect(agent);
    await test.clock.advance(300);
    test.phone.say('hello there');
    await test.clock.advance(5_000);
    expect(test.phone.heard).toBe('AI here, please listen.You said hello there.');
    await test.call.hangUp();
  });

  test('where the greeting was interrupted the answer says that an AI is speaking', async () => {
    const orders: (string | undefined)[] = [];
    const { agent } = makeAgent(
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
    const { agent } = makeAgent({}, { think: ({ instructions }) => `Done: ${instructions}` });
    const test = await TestCall.connect(agent);
    await test.clock.advance(1_000);
    const said = test.session.say('A word from us.');
    await test.clock.advance(2_000);
    await expect(said.finished).resolves.toEqual({
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
});

test('keys and texts interrupt and are answered', async () => {
  const { agent } = makeAgent();
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
    const { agent, model } = makeAgent(
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
    const { agent } = makeAgent(
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

  test('a tool that fails, or takes too long, is told to the model', async () => {
    const { agent } = makeAgent(
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
    const { agent } = makeAgent(
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

describe('faults', () => {
  const { tts } = createToneSpeech();

  test('a question whose connection is lost is answered when it is there again', async () => {
    const { agent, model } = makeAgent({ tts }, {});
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
    const { agent, model } = makeAgent(
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
    expect(conversation.items.map(({ role }) => role)).toEqual([
      'agent',
      'caller',
      'agent',
      'agent',
    ]);
    await test.call.hangUp();
  });

  test('where the model is lost for good the agent says so and hangs up', async () => {
    const { agent, model } = makeAgent({ tts, apology: { failed: 'Sorry, goodbye.' } });
    const test = await TestCall.connect(agent);
    await test.clock.advance(1_000);
    const fault = new Error('No credit is left.');
    model.conversations[0]!.fail(fault);
    await test.clock.advance(2_000);
    expect(test.phone.heard).toBe('AI here.Sorry, goodbye.');
    await expect(test.call.ended).resolves.toMatchObject({ reason: 'agent-failed' });
  });

  test('without a voice of its own it hangs up at once', async () => {
    const { agent, model } = makeAgent();
    const test = await TestCall.connect(agent);
    await test.clock.advance(1_000);
    model.conversations[0]!.fail(new Error('gone'));
    await test.clock.advance(100);
    await expect(test.call.ended).resolves.toMatchObject({ reason: 'agent-failed' });
  });

  test('an answer that does not come is asked for again, and then given up', async () => {
    const { agent, model } = makeAgent({ tts, replyTimeoutMs: 2_000 });
    const test = await TestCall.connect(agent);
    await test.clock.advance(1_000);
    model.conversations[0]!.hang();
    test.phone.say('hello');
    await test.clock.advance(12_000);
    await expect(test.call.ended).resolves.toMatchObject({ reason: 'agent-failed' });
    expect(test.phone.heard).toMatch(/^AI here\.I am sorry/);
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
});

test('nothing remains of a call that has ended', async () => {
  const { agent, model } = makeAgent({}, { think: () => TALE });
  const test = await TestCall.connect(agent);
  await test.clock.advance(1_000);
  test.phone.say('go');
  await test.clock.advance(1_500);
  const speech = test.session.say('never heard');
  await test.call.hangUp();
  await expect(speech.finished).resolves.toMatchObject({ interrupted: true });
  expect(model.conversations[0]!.isOpen).toBe(false);
  await test.clock.advance(0);
  expect(test.clock.timerCount).toBe(0);
});

test('hanging up waits for what is being said', async () => {
  const { agent } = makeAgent();
  const test = await TestCall.connect(agent);
  await test.clock.advance(100);
  const hungUp = test.session.hangUp();
  await test.clock.advance(2_000);
  await hungUp;
  expect(test.phone.heard).toBe('AI here.');
});

test('a model can collect keys, and hang up when it was heard', async () => {
  const { agent } = makeAgent(
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
  const { agent, model } = makeAgent();
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
  const { agent } = makeAgent();
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
  const options = { realtime, responder: () => 'no', userId: '' };
  expect(() => createVoiceAgent(options)).toThrow(/responder.*userId/);
});

test.each([
  ['One two three.', 1_000, 0, ''],
  ['One two three.', 1_000, 1_000, 'One two three.'],
  ['One two three.', 1_000, 950, 'One two three.'],
  ['One two three.', 1_000, 400, 'One'],
  ['One two three.', 1_000, 550, 'One two'],
  ['One two three.', 1_000, 100, ''],
])('of %j that lasts %i ms, %i ms are %j', (text, audioMs, heardMs, heard) => {
  expect(heardWords(text, audioMs, heardMs)).toBe(heard);
});
