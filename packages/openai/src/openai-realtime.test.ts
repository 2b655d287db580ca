import { ConfigurationError } from '@phone-agents/core';
import { openaiRealtime } from './openai-realtime.ts';
import { RealtimeCall, toneSpeech, until } from './test-support/realtime-call.ts';
import type { OpenAIRealtimeStandIn, OpenAIRealtimeStandInOptions } from './testing/index.ts';
import { createOpenAIRealtimeStandIn } from './testing/index.ts';

let standIn: OpenAIRealtimeStandIn;

async function start(options: OpenAIRealtimeStandInOptions = {}): Promise<void> {
  standIn = await createOpenAIRealtimeStandIn({ ...toneSpeech, ...options });
}

afterEach(() => standIn?.close());

test('a turn is heard, written down and answered in speech', async () => {
  await start();
  const call = await RealtimeCall.connect(standIn);
  call.say('when do you open');
  const turn = await call.event('turn-ended');
  call.connection.respond();
  await call.event('response-ended');
  expect(call.heard).toBe('You said when do you open.');
  expect(call.said).toBe('You said when do you open.');
  const transcript = await call.event('caller-transcribed');
  expect(transcript).toMatchObject({ itemId: turn.itemId, text: 'when do you open' });
  expect(call.all('response-ended')[0]).toMatchObject({ status: 'completed' });
  // 16 letters of 60 ms.
  expect(call.all('speech-started')[0]!.inputMs).toBeLessThan(40);
  expect(turn.inputMs).toBeGreaterThan(900);
  expect(turn.inputMs).toBeLessThan(1_000);
  await call.connection.close();
  await until(() => !standIn.sessions[0]!.isOpen);
});

test('by default mu-law goes both ways, turns end by meaning, and only the agent answers', async () => {
  await start();
  const tool = {
    name: 'book_table',
    description: 'Books a table.',
    parameters: { type: 'object', properties: { people: { type: 'number' } } },
  };
  const call = await RealtimeCall.connect(standIn, {}, { tools: [tool] });
  const session = standIn.sessions[0]!;
  expect(session.query.get('model')).toBe('gpt-realtime');
  expect(session.config).toMatchObject({
    type: 'realtime',
    instructions: 'Be brief.',
    output_modalities: ['audio'],
    tracing: null,
    tool_choice: 'auto',
    tools: [{ type: 'function', ...tool }],
    audio: {
      input: {
        format: { type: 'audio/pcmu' },
        transcription: { model: 'gpt-4o-mini-transcribe' },
        turn_detection: {
          type: 'semantic_vad',
          create_response: false,
          interrupt_response: false,
        },
        noise_reduction: null,
      },
      output: { format: { type: 'audio/pcmu' }, voice: 'marin' },
    },
  });
  await call.connection.close();
});

test('linear PCM at 24 kHz and turns by silence can be had as well', async () => {
  await start();
  const call = await RealtimeCall.connect(standIn, {
    format: 'pcm',
    voice: 'cedar',
    turnDetection: { type: 'server_vad', silenceDurationMs: 300, threshold: undefined },
    noiseReduction: 'near_field',
  });
  expect(standIn.sessions[0]!.config).toMatchObject({
    audio: {
      input: {
        format: { type: 'audio/pcm', rate: 24_000 },
        turn_detection: { type: 'server_vad', silence_duration_ms: 300 },
        noise_reduction: { type: 'near_field' },
      },
      output: { voice: 'cedar' },
    },
  });
  call.say('hello', 320);
  await call.event('turn-ended');
  call.connection.respond();
  await call.event('response-ended');
  expect(call.heard).toBe('You said hello.');
  await call.connection.close();
});

test('a model that answers by itself needs no request', async () => {
  await start();
  const call = await RealtimeCall.connect(standIn, { answersItself: true });
  call.say('hello');
  await call.event('response-ended');
  expect(call.heard).toBe('You said hello.');
  await call.connection.close();
});

test('instructions of one answer hold for that answer', async () => {
  await start();
  const call = await RealtimeCall.connect(standIn);
  call.connection.respond({ instructions: 'Say exactly this: Welcome.' });
  await call.event('response-ended');
  expect(call.heard).toBe('Welcome.');
  await call.connection.close();
});

test('a text counts as said by the caller', async () => {
  await start();
  const call = await RealtimeCall.connect(standIn);
  call.connection.addText('five');
  call.connection.respond();
  await call.event('response-ended');
  expect(call.heard).toBe('You said five.');
  await call.connection.close();
});

test('an answer that is asked for while one is made follows it', async () => {
  await start();
  const call = await RealtimeCall.connect(standIn);
  call.connection.respond({ instructions: 'Say exactly this: One.' });
  call.connection.respond({ instructions: 'Say exactly this: Two.' });
  await call.event('response-ended', 2);
  expect(call.heard).toBe('One.Two.');
  await call.connection.close();
});

describe('interruption', () => {
  const LONG = `Say exactly this: ${'A long sentence that goes on and on. '.repeat(20)}`;

  test('what was not heard is cut from the memory of the model, and no more comes of it', async () => {
    await start();
    const call = await RealtimeCall.connect(standIn);
    call.connection.respond({ instructions: LONG });
    const { itemId } = await call.event('audio-received', 3);
    call.connection.interrupt(itemId, 345.6);
    const count = call.all('audio-received').length;
    const session = standIn.sessions[0]!;
    await until(() => session.items.some(({ isTruncated }) => isTruncated));
    expect(session.items).toEqual([
      expect.objectContaining({ id: itemId, audioMs: 345, text: '' }),
    ]);
    // A new answer comes only when the old one is over.
    call.connection.respond({ instructions: 'Say exactly this: Yes?' });
    await call.event('response-ended');
    expect(call.all('audio-received')[count]!.itemId).not.toBe(itemId);
    expect(call.all('response-ended')).toHaveLength(1);
    expect(session.received.filter((type) => type === 'response.cancel')).toHaveLength(1);
    await call.connection.close();
  });

  test('what was heard to its end is not cut', async () => {
    await start();
    const call = await RealtimeCall.connect(standIn);
    call.connection.respond({ instructions: 'Say exactly this: Short.' });
    await call.event('response-ended');
    const { itemId } = call.all('audio-received')[0]!;
    call.connection.interrupt(itemId, 10_000);
    call.connection.addText('next');
    await until(() => standIn.sessions[0]!.items.length === 2);
    expect(standIn.sessions[0]!.received).not.toContain('conversation.item.truncate');
    expect(standIn.sessions[0]!.received).not.toContain('response.cancel');
    expect(standIn.sessions[0]!.items[0]).toMatchObject({ text: 'Short.', isTruncated: false });
    await call.connection.close();
  });

  test('never more is cut than has come', async () => {
    await start();
    const call = await RealtimeCall.connect(standIn);
    call.connection.respond({ instructions: LONG });
    const { itemId } = await call.event('audio-received');
    call.connection.interrupt(itemId, 999_999);
    await until(() => standIn.sessions[0]!.items[0]!.isTruncated);
    expect(standIn.sessions[0]!.items[0]!.audioMs).toBeGreaterThan(0);
    await call.connection.close();
  });

  test('an answer that has not begun is dropped when it does', async () => {
    await start();
    const call = await RealtimeCall.connect(standIn);
    call.connection.respond({ instructions: LONG });
    call.connection.interrupt(undefined, 0);
    call.connection.respond({ instructions: 'Say exactly this: Instead.' });
    await call.event('response-ended');
    expect(call.heard).toBe('Instead.');
    expect(call.all('response-started')).toHaveLength(1);
    await call.connection.close();
  });

  test('a noise is forgotten', async () => {
    await start();
    const call = await RealtimeCall.connect(standIn);
    call.say('cough');
    const { itemId } = await call.event('turn-ended');
    call.connection.discardTurn(itemId);
    await until(() => standIn.sessions[0]!.items.length === 0);
    await call.connection.close();
  });
});

describe('tools', () => {
  test('a tool is called, and its result answered', async () => {
    await start({
      think: ({ from, text, tools }) =>
        from === 'tool'
          ? `It is ${text}.`
          : { tool: tools[0]!, arguments: { city: 'Bern', units: 'metric' } },
    });
    const tools = [{ name: 'get_weather', description: 'Weather.', parameters: {} }];
    const call = await RealtimeCall.connect(standIn, {}, { tools });
    call.connection.addText('how is the weather');
    call.connection.respond();
    const wanted = await call.event('tool-called');
    expect(wanted.name).toBe('get_weather');
    expect(JSON.parse(wanted.arguments)).toEqual({ city: 'Bern', units: 'metric' });
    call.connection.sendToolResult(wanted.callId, 'sunny');
    call.connection.respond();
    await call.event('response-ended', 2);
    expect(call.heard).toBe('It is sunny.');
    expect(call.all('response-ended')[0]!.responseId).toBe(wanted.responseId);
    await call.connection.close();
  });
});

describe('settings', () => {
  test('the key is looked for when it is needed, and its absence is named', async () => {
    await start();
    const saved = process.env['OPENAI_API_KEY'];
    delete process.env['OPENAI_API_KEY'];
    try {
      const model = openaiRealtime({ baseUrl: standIn.url });
      await expect(model.prepare?.()).rejects.toThrow(/OPENAI_API_KEY/);
      const options = { instructions: '', tools: [], onEvent: () => {} };
      await expect(model.connect(options)).rejects.toBeInstanceOf(ConfigurationError);
      process.env['OPENAI_API_KEY'] = standIn.apiKey;
      await expect(model.prepare?.()).resolves.toBeUndefined();
      await (await model.connect(options)).close();
    } finally {
      if (saved === undefined) delete process.env['OPENAI_API_KEY'];
      else process.env['OPENAI_API_KEY'] = saved;
    }
  });

  test('everything that is wrong is named at once', () => {
    expect(() => openaiRealtime({ voice: '', speed: 9, baseUrl: 'https://x' })).toThrow(
      /voice.*speed.*baseUrl/,
    );
  });

  test('a frame of another rate is refused', async () => {
    await start();
    const call = await RealtimeCall.connect(standIn);
    const frame = {
      samples: new Int16Array(480),
      sampleRate: 24_000,
      timestampSamples: 0,
    } as const;
    expect(() => call.connection.write(frame)).toThrow(RangeError);
    await call.connection.close();
  });
});
