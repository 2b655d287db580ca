import { decodeTones, encodeTones } from '@phone-agents/agent/testing';
import type { SampleRate } from '@phone-agents/core';
import { ConfigurationError } from '@phone-agents/core';
import { ManualClock } from '@phone-agents/core/testing';
import { ElevenLabsError } from './elevenlabs-error.ts';
import type { ElevenLabsFormat, ElevenLabsTextToSpeechOptions } from './elevenlabs-settings.ts';
import { elevenLabsTextToSpeech } from './elevenlabs-text-to-speech.ts';
import type { ElevenLabsStandIn } from './testing/index.ts';
import { createElevenLabsStandIn } from './testing/index.ts';

let standIn: ElevenLabsStandIn;

beforeEach(async () => {
  standIn = await createElevenLabsStandIn({
    speak: (text, sampleRate) => encodeTones(text, sampleRate as SampleRate),
  });
});

afterEach(() => standIn.close());

function speech(options: ElevenLabsTextToSpeechOptions = {}) {
  return elevenLabsTextToSpeech({ apiKey: standIn.apiKey, baseUrl: standIn.url, ...options });
}

async function collect(chunks: AsyncIterable<Int16Array>): Promise<Int16Array> {
  const samples: number[] = [];
  for await (const chunk of chunks) samples.push(...chunk);
  return Int16Array.from(samples);
}

/** Waits for something that happens on its own, over real sockets. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}

test.each<[ElevenLabsFormat, SampleRate]>([
  ['pcm_16000', 16_000],
  ['pcm_24000', 24_000],
  ['ulaw_8000', 8_000],
])('a sentence is spoken whole as %s', async (format, sampleRate) => {
  const tts = speech({ format });
  expect(tts.sampleRate).toBe(sampleRate);
  const samples = await collect(tts.synthesize('We open at nine.'));
  expect(decodeTones(samples, sampleRate)).toBe('We open at nine.');
  expect(standIn.requests[0]).toMatchObject({ format, state: 'finished' });
});

test('voice, model and settings are those that were asked for', async () => {
  const tts = speech({
    voice: 'a voice/id',
    model: 'eleven_multilingual_v2',
    languageCode: 'de',
    voiceSettings: { stability: 0.4, similarityBoost: 0.8, speed: undefined },
    textNormalization: 'on',
    retention: false,
  });
  await collect(tts.synthesize('Hallo.'));
  expect(standIn.requests[0]).toMatchObject({
    voice: 'a voice/id',
    body: {
      text: 'Hallo.',
      model_id: 'eleven_multilingual_v2',
      language_code: 'de',
      voice_settings: { stability: 0.4, similarity_boost: 0.8 },
      apply_text_normalization: 'on',
    },
  });
});

test('the first audio comes before the last is made', async () => {
  standIn.holdAfter(4_000);
  const chunks = speech().synthesize('A sentence of some length.')[Symbol.asyncIterator]();
  const first = await chunks.next();
  expect(first.done).toBe(false);
  expect(standIn.requests[0]!.state).toBe('speaking');
  standIn.resume();
  while (!(await chunks.next()).done) continue;
  expect(standIn.requests[0]!.state).toBe('finished');
});

test('aborting hangs up in the middle, and ends the audio without an error', async () => {
  standIn.holdAfter(4_000);
  const controller = new AbortController();
  const chunks = speech().synthesize('A sentence of some length.', { signal: controller.signal });
  let count = 0;
  for await (const _chunk of chunks) if (++count === 1) controller.abort();
  await until(() => standIn.requests[0]!.state === 'cancelled');
  expect(standIn.requests[0]!.sentBytes).toBeLessThan(6_000);
});

test('aborting ends the waiting for audio that does not come', async () => {
  standIn.holdAfter(0);
  const controller = new AbortController();
  const collected = collect(speech().synthesize('Hello.', { signal: controller.signal }));
  await until(() => standIn.requests.length === 1);
  controller.abort();
  await expect(collected).resolves.toHaveLength(0);
  await until(() => standIn.requests[0]!.state === 'cancelled');
});

test('who stops listening hangs up as well', async () => {
  standIn.holdAfter(4_000);
  for await (const _chunk of speech().synthesize('A sentence of some length.')) break;
  await until(() => standIn.requests[0]!.state === 'cancelled');
});

test('nothing is asked for an empty text, or after the end', async () => {
  await collect(speech().synthesize('  '));
  await collect(speech().synthesize('Hello.', { signal: AbortSignal.abort() }));
  expect(standIn.requests).toEqual([]);
});

test('the key is looked for when it is needed, and its absence is named', async () => {
  const saved = process.env['ELEVENLABS_API_KEY'];
  delete process.env['ELEVENLABS_API_KEY'];
  try {
    const tts = elevenLabsTextToSpeech({ baseUrl: standIn.url });
    await expect(tts.prepare?.()).rejects.toThrow(/ELEVENLABS_API_KEY/);
    await expect(collect(tts.synthesize('Hello.'))).rejects.toBeInstanceOf(ConfigurationError);
    process.env['ELEVENLABS_API_KEY'] = standIn.apiKey;
    await expect(tts.prepare?.()).resolves.toBeUndefined();
    expect((await collect(tts.synthesize('Hello.'))).length).toBeGreaterThan(0);
  } finally {
    if (saved === undefined) delete process.env['ELEVENLABS_API_KEY'];
    else process.env['ELEVENLABS_API_KEY'] = saved;
  }
});

test('everything that is wrong is named at once', () => {
  const format = 'mp3_44100_128' as ElevenLabsFormat;
  expect(() => elevenLabsTextToSpeech({ voice: '', format, baseUrl: 'wss://x' })).toThrow(
    /voice.*format.*baseUrl/,
  );
});

describe('faults', () => {
  test.each([
    [401, 'invalid_api_key', 'elevenlabs_unauthorized', /ELEVENLABS_API_KEY/],
    [401, 'quota_exceeded', 'elevenlabs_quota_exceeded', /characters/],
    [402, 'payment_required', 'elevenlabs_quota_exceeded', /plan/],
    [404, 'voice_not_found', 'elevenlabs_request_rejected', /voice/],
    [422, 'text_missing', 'elevenlabs_request_rejected', /model/],
  ])('HTTP %i with %s is told at once as %s', async (status, reason, code, advice) => {
    standIn.refuse({ status, reason, message: 'because', times: 5 });
    const spoken = collect(speech().synthesize('Hello.'));
    await expect(spoken).rejects.toBeInstanceOf(ElevenLabsError);
    await expect(spoken).rejects.toMatchObject({ code, status, reason });
    await expect(spoken).rejects.toThrow(advice);
    await expect(spoken).rejects.toThrow(/because/);
    expect(standIn.requests).toHaveLength(1);
  });

  test('a wrong key is refused, and never shown', async () => {
    const spoken = collect(speech({ apiKey: 'a-secret' }).synthesize('Hello.'));
    await expect(spoken).rejects.toMatchObject({ code: 'elevenlabs_unauthorized' });
    await expect(spoken).rejects.not.toThrow(/a-secret/);
  });

  test.each([429, 500, 503])('HTTP %i is tried again, and only so often', async (status) => {
    standIn.refuse({ status, reason: 'system_busy', message: 'busy', times: 2 });
    expect((await collect(speech().synthesize('Hello.'))).length).toBeGreaterThan(0);
    expect(standIn.requests).toHaveLength(3);
    standIn.refuse({ status, reason: 'system_busy', message: 'busy', times: 2 });
    await expect(collect(speech({ maxRetries: 1 }).synthesize('Hello.'))).rejects.toMatchObject({
      status,
    });
  });

  test('where nobody listens it says that ElevenLabs cannot be reached', async () => {
    await standIn.close();
    await expect(collect(speech({ maxRetries: 0 }).synthesize('Hello.'))).rejects.toMatchObject({
      code: 'elevenlabs_unreachable',
    });
  });

  test('a request that brings no audio in time is given up', async () => {
    const clock = new ManualClock();
    standIn.holdAfter(0);
    const spoken = collect(speech({ clock, maxRetries: 0 }).synthesize('Hello.'));
    const failed = expect(spoken).rejects.toMatchObject({ code: 'elevenlabs_timeout' });
    await until(() => standIn.requests.length === 1);
    await clock.advance(4_000);
    await failed;
    await until(() => standIn.requests[0]!.state === 'cancelled');
    expect(clock.timerCount).toBe(0);
  });

  test('audio that breaks off is told, and not begun again in the middle', async () => {
    standIn.breakAfter(8_000);
    const chunks = speech().synthesize('A sentence of some length.');
    let samples = 0;
    const spoken = (async () => {
      for await (const chunk of chunks) samples += chunk.length;
    })();
    await expect(spoken).rejects.toMatchObject({ code: 'elevenlabs_connection_lost' });
    expect(samples).toBeGreaterThan(0);
    expect(standIn.requests).toHaveLength(1);
  });
});
