import { ManualClock } from '@phone-agents/core/testing';
import type { LanguageModelMiddleware } from 'ai';
import { tool, wrapLanguageModel } from 'ai';
import { z } from 'zod';
import type { ToolCallEnded } from '../session-events.ts';
import type { ScriptItem, ScriptedModel } from '../testing/scripted-model.ts';
import { scriptedModel } from '../testing/scripted-model.ts';
import { TestCall } from '../testing/test-call.ts';
import { createToneSpeech } from '../testing/tone-speech.ts';
import type { VoiceAgentOptions } from '../voice-agent-options.ts';
import { createVoiceAgent } from '../voice-agent.ts';

const APOLOGY = { notUnderstood: 'Pardon?', failed: 'Oh dear.' };

interface Started {
  readonly test: TestCall;
  readonly model: ScriptedModel;
  readonly toolCalls: ToolCallEnded[];
}

async function start(
  script: readonly ScriptItem[],
  options: (clock: ManualClock) => Partial<VoiceAgentOptions> = () => ({}),
): Promise<Started> {
  const clock = new ManualClock();
  const model = scriptedModel(script, { clock });
  const agent = createVoiceAgent({
    ...createToneSpeech(),
    greeting: 'AI here.',
    instructions: 'You serve the library.',
    model,
    apology: APOLOGY,
    fillers: false,
    ...options(clock),
  });
  // Loads the SDK, which is real time.
  await agent.prepare();
  const test = await TestCall.connect(agent, clock);
  const toolCalls: ToolCallEnded[] = [];
  test.session.on('tool-call-ended', (ended) => toolCalls.push(ended));
  await clock.advance(1_000);
  return { test, model, toolCalls };
}

const lookUp = (find: (day: string) => unknown) => ({
  lookUp: tool({
    description: 'Finds the hours of a day.',
    inputSchema: z.object({ day: z.string() }),
    execute: ({ day }) => find(day),
  }),
});

test('the model gets instructions and what was heard, and its first sentence is heard before it has finished', async () => {
  const { test, model } = await start([
    { text: 'We open at nine. And we close at six.', wordDelayMs: 400 },
  ]);
  test.phone.say('hours?');
  await test.clock.advance(2_600);
  // Nine words take 3.2 s; the first sentence has four.
  expect(test.phone.heard).toMatch(/^AI here\.We o/);
  await test.clock.advance(5_000);
  expect(test.lines).toEqual([
    'agent: AI here.',
    'caller: hours?',
    'agent: We open at nine. And we close at six.',
  ]);
  const [request] = model.requests;
  expect(request!.instructions).toBe('You serve the library.');
  expect(request!.prompt.slice(1)).toEqual([
    { role: 'user', content: [{ type: 'text', text: '(The call begins.)' }] },
    { role: 'assistant', content: [{ type: 'text', text: 'AI here.' }] },
    { role: 'user', content: [{ type: 'text', text: 'hours?' }] },
  ]);
  await test.call.hangUp();
});

test('a tool is called with checked input, and the model answers to its result', async () => {
  const asked: string[] = [];
  const { test, model, toolCalls } = await start(
    [
      { text: 'I look it up.', toolCalls: [{ toolName: 'lookUp', input: { day: 'Monday' } }] },
      ({ toolResults }) => `It is ${String(toolResults['lookUp'])}.`,
      'Bye.',
    ],
    () => ({
      tools: lookUp((day) => {
        asked.push(day);
        return 'nine to five';
      }),
    }),
  );
  test.phone.say('monday?');
  await test.clock.advance(5_000);
  expect(asked).toEqual(['Monday']);
  expect(test.phone.heard).toBe('AI here.I look it up.It is nine to five.');
  expect(toolCalls).toEqual([
    {
      toolCallId: 'call-1',
      toolName: 'lookUp',
      input: { day: 'Monday' },
      output: 'nine to five',
      startMs: expect.any(Number),
      endMs: expect.any(Number),
    },
  ]);
  test.phone.say('thanks');
  await test.clock.advance(3_000);
  // The tool call stands in the history where it was made.
  expect(model.requests[2]!.prompt.slice(4, 8)).toMatchObject([
    { role: 'assistant', content: [{ type: 'text', text: 'I look it up.' }] },
    { role: 'assistant', content: [{ type: 'tool-call', toolName: 'lookUp' }] },
    { role: 'tool', content: [{ output: { type: 'text', value: 'nine to five' } }] },
    { role: 'assistant', content: [{ type: 'text', text: 'It is nine to five.' }] },
  ]);
  await test.call.hangUp();
});

type Source = Extract<
  Awaited<ReturnType<NonNullable<LanguageModelMiddleware['wrapGenerate']>>>['content'][number],
  { type: 'source' }
>;

/** What a provider's own search does, or a middleware that adds documents: sources stand in the stream. */
function naming(model: ScriptedModel, sources: readonly Source[]) {
  return wrapLanguageModel({
    model,
    middleware: {
      specificationVersion: 'v4',
      wrapStream: async ({ doStream }) => {
        const { stream, ...result } = await doStream();
        async function* withSources() {
          yield* sources;
          yield* stream;
        }
        return { ...result, stream: ReadableStream.from(withSources()) };
      },
    },
  });
}

test('sources that the model names stand in the transcript, each once, with the answer made from them', async () => {
  const page: Source = {
    type: 'source',
    sourceType: 'url',
    id: '1',
    url: 'https://library.example/hours',
    title: 'Hours',
  };
  const file: Source = {
    type: 'source',
    sourceType: 'document',
    id: '2',
    mediaType: 'application/pdf',
    title: 'Fees',
    filename: 'docs/fees.pdf',
  };
  const { test } = await start([], (clock) => ({
    model: naming(
      scriptedModel(
        [
          { text: 'I look.', toolCalls: [{ toolName: 'lookUp', input: { day: 'Monday' } }] },
          'Nine.',
        ],
        { clock },
      ),
      [page, file],
    ),
    tools: lookUp(() => 'nine'),
  }));
  test.phone.say('hours?');
  await test.clock.advance(5_000);
  const [greeting, question, answer] = test.session.transcript;
  expect(answer).toMatchObject({
    text: 'I look. Nine.',
    sources: [
      { source: 'https://library.example/hours', title: 'Hours' },
      { source: 'docs/fees.pdf', title: 'Fees' },
    ],
  });
  expect([greeting, question].every((entry) => !('sources' in entry!))).toBe(true);
  expect(JSON.stringify(test.session.record)).toContain('docs/fees.pdf');
  await test.call.hangUp();
});

test('what a model that failed had before it is no source of the answer of another', async () => {
  const { test } = await start([], (clock) => ({
    model: naming(scriptedModel([{ error: new Error('quota') }], { clock }), [
      { type: 'source', sourceType: 'document', id: '1', mediaType: 'text/plain', title: 'Fees' },
    ]),
    fallbackModel: scriptedModel(['Ask the desk.'], { clock }),
  }));
  test.phone.say('fees?');
  await test.clock.advance(4_000);
  const answer = test.session.transcript.at(-1)!;
  expect([answer.text, 'sources' in answer]).toEqual(['Ask the desk.', false]);
  await test.call.hangUp();
});

test('input that does not fit the schema, an error and a tool that hangs are told to the model', async () => {
  const { test, model, toolCalls } = await start(
    [
      { toolCalls: [{ toolName: 'lookUp', input: { day: 7 } }] },
      { toolCalls: [{ toolName: 'lookUp', input: { day: 'Sunday' } }] },
      { toolCalls: [{ toolName: 'lookUp', input: { day: 'Never' } }] },
      'I cannot say.',
    ],
    () => ({
      toolTimeoutMs: 800,
      tools: lookUp((day) => {
        if (day === 'Sunday') throw new Error('closed');
        return new Promise(() => {});
      }),
    }),
  );
  test.phone.say('when?');
  await test.clock.advance(5_000);
  expect(test.phone.heard).toBe('AI here.I cannot say.');
  expect(toolCalls.map(({ error }) => error)).toEqual(['closed', 'The tool took too long.']);
  const results = model.requests.slice(1).map(({ toolResults }) => toolResults['lookUp']);
  expect(results[0]).toMatch(/Invalid input/);
  expect(results.slice(1)).toEqual([
    expect.stringMatching(/closed$/),
    expect.stringMatching(/The tool took too long\.$/),
  ]);
  await test.call.hangUp();
});

test('a tool says something while it works', async () => {
  const { test } = await start([{ toolCalls: [{ toolName: 'search' }] }, 'Found it.'], (clock) => ({
    tools: ({ say, call, session }) => ({
      search: tool({
        inputSchema: z.object({}),
        execute: async () => {
          say('One moment.');
          await new Promise<void>((resolve) => clock.setTimeout(resolve, 1_500));
          return { call: call.id, state: session.state };
        },
      }),
    }),
  }));
  test.phone.say('search');
  await test.clock.advance(2_200);
  expect(test.phone.heard).toBe('AI here.One moment.');
  await test.clock.advance(3_000);
  expect(test.phone.heard).toBe('AI here.One moment.Found it.');
  await test.call.hangUp();
});

test('the last step gets no tools, so that the model must speak', async () => {
  const again: ScriptItem = { toolCalls: [{ toolName: 'lookUp', input: { day: 'x' } }] };
  const { test, model } = await start([again, again, 'Enough.'], () => ({
    maxSteps: 3,
    tools: lookUp(() => 'no'),
  }));
  test.phone.say('go');
  await test.clock.advance(3_000);
  expect(model.requests).toHaveLength(3);
  expect(test.phone.heard).toBe('AI here.Enough.');
  await test.call.hangUp();
});

test.each<[string, ScriptItem]>([
  ['fails', { error: new Error('quota') }],
  ['gives nothing in time', { hangs: true }],
])('a model that %s before its first word: the fallback answers', async (_, item) => {
  const fallbackModel = scriptedModel(['From the other one.']);
  const { test } = await start([item], () => ({ fallbackModel, modelTimeoutMs: 1_000 }));
  test.phone.say('hello');
  await test.clock.advance(4_500);
  expect(test.phone.heard).toBe('AI here.From the other one.');
  expect(fallbackModel.requests[0]!.text).toBe('hello');
  await test.call.hangUp();
});

test('a fallback goes on with the results of the tools that were called before', async () => {
  const fallbackModel = scriptedModel([
    ({ toolResults }) => `It is ${String(toolResults['lookUp'])}.`,
  ]);
  const { test } = await start(
    [{ toolCalls: [{ toolName: 'lookUp', input: { day: 'x' } }] }, { error: new Error('down') }],
    () => ({ fallbackModel, tools: lookUp(() => 'noon') }),
  );
  test.phone.say('hello');
  await test.clock.advance(4_000);
  expect(test.phone.heard).toBe('AI here.It is noon.');
  await test.call.hangUp();
});

test('without a fallback the agent says that something went wrong', async () => {
  const { test } = await start([{ error: new Error('quota') }, { text: '' }]);
  test.phone.say('hello');
  await test.clock.advance(3_000);
  expect(test.phone.heard).toBe('AI here.Oh dear.');
  test.phone.say('hello');
  await test.clock.advance(3_000);
  expect(test.phone.heard).toBe('AI here.Oh dear.Oh dear.');
  await test.call.hangUp();
});

test('the caller interrupts: the model is stopped, and history holds what was heard and what the tool did', async () => {
  let finish: (value: string) => void = () => {};
  let aborted: boolean | undefined;
  const { test, model } = await start(
    [
      { text: 'I book it.', toolCalls: [{ toolName: 'book' }] },
      'Booked. Never heard.',
      ({ prompt }) => JSON.stringify(prompt.slice(4).map(({ role }) => role)),
    ],
    () => ({
      tools: {
        book: tool({
          inputSchema: z.object({}),
          execute: (_, { abortSignal }) => {
            aborted = abortSignal?.aborted;
            return new Promise<string>((resolve) => (finish = resolve));
          },
        }),
      },
    }),
  );
  test.phone.say('book it');
  await test.clock.advance(2_200);
  expect(test.phone.heard).toBe('AI here.I book it.');
  test.phone.say('wait wait');
  await test.clock.advance(500);
  // What a tool does cannot be called back, so it is not stopped and its result is kept.
  expect(aborted).toBe(false);
  finish('booked');
  await test.clock.advance(3_000);
  const tools = model.requests[2]!.prompt.filter(({ role }) => role === 'tool');
  expect(tools).toMatchObject([{ content: [{ output: { type: 'text', value: 'booked' } }] }]);
  expect(test.phone.heard).toContain('["assistant","assistant","tool","user"]');
  await test.call.hangUp();
});

test('respond() has the model speak unasked', async () => {
  const { test, model } = await start(['Do not forget your card.', 'Fine.']);
  const speech = test.session.respond('Remind the caller of the card.');
  await test.clock.advance(3_000);
  expect(await speech.finished).toMatchObject({
    heardText: 'Do not forget your card.',
    interrupted: false,
  });
  expect(model.requests[0]!.text).toContain('Remind the caller of the card.');
  test.phone.say('ok');
  await test.clock.advance(2_500);
  expect(JSON.stringify(model.requests[1]!.prompt)).not.toContain('Remind');
  await test.call.hangUp();
});

test('respond() needs a model', async () => {
  const agent = createVoiceAgent({ ...createToneSpeech(), responder: () => 'Yes.' });
  const test = await TestCall.connect(agent);
  expect(() => test.session.respond('Say hello.')).toThrow(
    expect.objectContaining({ code: 'model_missing' }),
  );
  await test.call.hangUp();
});

test('instructions are made for each call', async () => {
  const { test, model } = await start(['Hi.'], () => ({
    instructions: async ({ call }) => `You speak with ${call.direction} callers.`,
  }));
  test.phone.say('hello');
  await test.clock.advance(2_500);
  expect(model.requests[0]!.instructions).toBe('You speak with inbound callers.');
  await test.call.hangUp();
});

test('markdown is neither spoken nor in the transcript, and numbers are spoken as words', async () => {
  const { test } = await start(['**Hours**:\n- from 9 to 17']);
  test.phone.say('hours?');
  await test.clock.advance(6_000);
  expect(test.phone.heard).toBe('AI here.Hours:from nine to seventeen');
  expect(test.lines.at(-1)).toBe('agent: Hours: from 9 to 17');
  await test.call.hangUp();
});

test('options for models only, and both ways of thinking at once, are told', () => {
  const speech = createToneSpeech();
  expect(() => createVoiceAgent({ ...speech })).toThrow(/model: is missing/);
  expect(() =>
    createVoiceAgent({ ...speech, responder: () => 'Yes.', model: scriptedModel([]) }),
  ).toThrow(/responder: cannot be there together with `model`/);
  expect(() => createVoiceAgent({ ...speech, responder: () => 'Yes.', tools: {} })).toThrow(
    /tools: needs `model`/,
  );
});
