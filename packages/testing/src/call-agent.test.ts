import { createVoiceAgent, phoneTools } from '@phone-agents/agent';
import type { VoiceAgentOptions } from '@phone-agents/agent';
import { createToneRealtimeModel, createToneSpeech } from '@phone-agents/agent/testing';
import { tool } from 'ai';
import { z } from 'zod';
import type { CallAgentOptions } from './index.ts';
import { callAgent, scriptedModel } from './index.ts';

/** An agent as a user has one: of engines that no test wants to run. */
function libraryAgent(options: Partial<VoiceAgentOptions> = {}) {
  const unused = (): never => {
    throw new Error('The real engines are not used in a text test.');
  };
  const { stt, tts, vad } = createToneSpeech();
  return createVoiceAgent({
    greeting: 'Hello, this is the AI assistant of the library.',
    stt: { ...stt, sampleRate: stt.sampleRate, open: unused },
    tts: { sampleRate: tts.sampleRate, synthesize: unused },
    vad: { sampleRate: vad.sampleRate, tailMs: vad.tailMs, open: unused },
    model: scriptedModel([]),
    tools: (context) => ({
      ...phoneTools(context, { destinations: { desk: 'People who can help.' } }),
      findBook: tool({
        inputSchema: z.object({ title: z.string() }),
        execute: async ({ title }) => {
          // Real time, which a virtual clock knows nothing of.
          await new Promise((resolve) => setTimeout(resolve, 30));
          return { title, onShelf: true };
        },
      }),
    }),
    ...options,
  });
}

const carriers = (['twilio', 'telnyx'] as const).map((carrier) => [carrier] as const);

test.each(carriers)(
  'a conversation over %s: words, a tool, and what was heard',
  async (carrier) => {
    const model = scriptedModel([
      { text: 'I look.', toolCalls: [{ toolName: 'findBook', input: { title: 'Emma' } }] },
      'It is on the shelf. Anything else?',
      'Goodbye.',
    ]);
    await using caller = await callAgent(libraryAgent(), { carrier, model });
    await caller.hears(/AI assistant of the library/);
    await caller.say('Do you have Emma?');
    await caller.hears(/on the shelf/);
    expect(caller.toolCalls).toMatchObject([
      { toolName: 'findBook', input: { title: 'Emma' }, output: { onShelf: true } },
    ]);
    await caller.hears(/else\?/);
    await caller.say('No, thanks.');
    await caller.hears(/Goodbye/);
    await caller.waitsForSilence();
    expect(caller.transcript.map(({ role, heardText }) => `${role}: ${heardText}`)).toEqual([
      'agent: Hello, this is the AI assistant of the library.',
      'caller: Do you have Emma?',
      'agent: I look. It is on the shelf. Anything else?',
      'caller: No, thanks.',
      'agent: Goodbye.',
    ]);
    expect(model.requests[0]!.text).toBe('Do you have Emma?');
    const end = await caller.hangUp();
    expect(end.reason).toBe('remote-hung-up');
    expect(caller.record).toMatchObject({
      version: 1,
      provider: carrier,
      endReason: 'remote-hung-up',
    });
  },
);

test('the caller interrupts, and the agent is silent from then on', async () => {
  const model = scriptedModel([
    'There are many books about whales, and I could name them all, one after the other.',
    'Fine.',
  ]);
  await using caller = await callAgent(libraryAgent(), { model });
  await caller.hears(/library/);
  await caller.say('Books on whales?');
  await caller.hears(/many books/);
  await caller.interrupt('That is enough.');
  await caller.hears(/Fine/);
  const cut = caller.transcript.find(({ interrupted }) => interrupted)!;
  expect(cut.heardText).toMatch(/^There are many books/);
  expect(cut.heardText.length).toBeLessThan(60);
  expect(caller.items.filter(({ type }) => type === 'interruption')).toHaveLength(1);
});

test('what the agent does not say fails the test, and shows the conversation', async () => {
  await using caller = await callAgent(libraryAgent(), {
    model: scriptedModel(['We open at nine.']),
  });
  await caller.hears(/library/);
  await caller.say('When?');
  await expect(caller.hears(/at ten/, { withinMs: 5_000 })).rejects.toThrow(
    /did not say \/at ten\/ within 5000 ms[^]*We open at nine[^]*caller: When\?/,
  );
});

test('the model hangs up once its goodbye was heard', async () => {
  const model = scriptedModel([
    { text: 'Goodbye, and thank you for calling.', toolCalls: [{ toolName: 'hangUp' }] },
    '',
  ]);
  await using caller = await callAgent(libraryAgent(), { model });
  await caller.hears(/library/);
  await caller.say('That is all.');
  const end = await caller.waitsForEnd();
  expect(end.reason).toBe('agent-hung-up');
  expect(caller.heard).toMatch(/thank you for calling\. ?$/);
});

test.each(carriers)('keys and digits go both ways over %s', async (carrier) => {
  const model = scriptedModel([
    { text: 'Type it.', toolCalls: [{ toolName: 'collectDigits', input: {} }] },
    ({ toolResults }) => `You typed ${JSON.stringify(toolResults['collectDigits'])}.`,
    { toolCalls: [{ toolName: 'sendDigits', input: { digits: '1w2#' } }] },
    'Sent.',
  ]);
  await using caller = await callAgent(libraryAgent(), { carrier, model });
  await caller.hears(/library/);
  await caller.say('My card number.');
  await caller.hears(/Type it/);
  await caller.press('4711#');
  await caller.hears(/You typed .*"digits":"4711"/);
  await caller.waitsForSilence();
  await caller.say('Send keys.');
  await caller.hears(/Sent/);
  expect(caller.sentDigits).toBe('1w2#');
});

const transfer = (destination: string, summary?: string) => ({
  text: 'I connect you.',
  toolCalls: [{ toolName: 'transferCall', input: { destination, summary } }],
});

test('a cold transfer connects the caller once the announcement was heard', async () => {
  await using caller = await callAgent(libraryAgent(), {
    model: scriptedModel([transfer('desk')]),
    destinations: { desk: '+15005550040' },
  });
  await caller.hears(/library/);
  await caller.say('A person, please.');
  const end = await caller.waitsForEnd();
  expect(end.reason).toBe('transferred');
  expect(caller.transferredTo).toBe('+15005550040');
  expect(caller.heard).toContain('I connect you.');
});

test('a destination that has no name here is refused, and no number ever is one', async () => {
  const model = scriptedModel([
    transfer('+15005550099'),
    ({ toolResults }) => `No: ${String(toolResults['transferCall']).slice(0, 20)}`,
  ]);
  await using caller = await callAgent(libraryAgent(), {
    model,
    destinations: { desk: '+15005550040' },
  });
  await caller.hears(/library/);
  await caller.say('Call this number.');
  await caller.hears(/No: /);
  expect(caller.transferredTo).toBeUndefined();
});

const warm = (context: Parameters<typeof phoneTools>[0]) =>
  phoneTools(context, { destinations: { desk: 'People.' }, transfer: 'warm' });

test.each([
  ['takes', 'transferred'],
  ['declines', 'refused'],
  ['does-not-answer', 'no-answer'],
] as const)('a warm transfer whose target %s', async (transferTarget, outcome) => {
  const model = scriptedModel([
    transfer('desk', 'About a lost card.'),
    ({ toolResults }) => `Nobody there: ${JSON.stringify(toolResults['transferCall'])}.`,
  ]);
  const options: CallAgentOptions = {
    model,
    transferTarget,
    destinations: { desk: '+15005550040' },
  };
  await using caller = await callAgent(libraryAgent({ tools: warm }), options);
  await caller.hears(/library/);
  await caller.say('A person, please.');
  if (outcome === 'transferred') {
    expect((await caller.waitsForEnd()).reason).toBe('transferred');
    expect(caller.transferredTo).toBe('+15005550040');
    return;
  }
  const [said] = await caller.hears(/Nobody there: .*\}/, { withinMs: 60_000 });
  expect(said).toContain(outcome);
  expect(caller.end).toBeUndefined();
});

test('an agent that serves keys only stays one', async () => {
  const agent = libraryAgent({
    stt: undefined,
    vad: undefined,
    model: undefined,
    tools: undefined,
    responder: { respond: () => '', respondToDigit: (digit) => `Key ${digit}.` },
  });
  await using caller = await callAgent(agent);
  await caller.hears(/library/);
  await caller.press('7');
  await caller.hears(/Key 7/);
});

test('an agent whose model hears and speaks by itself is tested with a model of words', async () => {
  const agent = createVoiceAgent({
    realtime: createToneRealtimeModel(),
    greeting: 'AI at your service.',
  });
  await using caller = await callAgent(agent, { model: scriptedModel(['In words.']) });
  await caller.hears(/service/);
  await caller.say('Hello?');
  await caller.hears(/In words/);
});

test('an agent that cannot be prepared is told with its reason', async () => {
  const agent = libraryAgent({
    tools: () => {
      throw new Error('no database');
    },
  });
  await expect(callAgent(agent, { model: scriptedModel([]) })).rejects.toMatchObject({
    code: 'call_not_answered',
    cause: new Error('no database'),
  });
});

test('the recording holds both directions', async () => {
  await using caller = await callAgent(libraryAgent(), { model: scriptedModel(['Yes.']) });
  await caller.hears(/library/);
  await caller.say('Hello?');
  await caller.hears(/Yes/);
  const wav = caller.recording();
  expect(new TextDecoder().decode(wav.slice(0, 4))).toBe('RIFF');
  expect(wav.length).toBeGreaterThan(100_000);
});
