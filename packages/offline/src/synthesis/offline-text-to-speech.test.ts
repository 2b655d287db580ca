import { renderSpeech } from '@phone-agents/agent';
import { offlineTextToSpeech } from './offline-text-to-speech.ts';
import { joinSamples } from '../test-support/sound.ts';

const tts = offlineTextToSpeech();
const other = offlineTextToSpeech({ voice: 'slt' });
afterAll(() => Promise.all([tts.close?.(), other.close?.()]));

test('speaks audible 16 kHz sound that begins at once and lasts as long as a sentence does', async () => {
  await tts.prepare?.();
  const samples = await renderSpeech(tts, 'Thank you for calling, how can I help you?');
  const firstSound = samples.findIndex((sample) => Math.abs(sample) > 300);
  expect(tts.sampleRate).toBe(16_000);
  expect(samples.length / 16_000).toBeGreaterThan(1.5);
  expect(samples.length / 16_000).toBeLessThan(4);
  expect(firstSound / 16).toBeLessThan(60);
  expect(Math.max(...samples)).toBeGreaterThan(4_000);
});

test('the same text gives the same samples, from the engine and from the cache', async () => {
  const uncached = offlineTextToSpeech({ cacheSeconds: 0 });
  try {
    const text = 'We open at nine. We close at five.';
    const first = await renderSpeech(uncached, text);
    expect(await renderSpeech(uncached, text)).toEqual(first);
    expect(await renderSpeech(tts, text)).toEqual(first);
    expect(await renderSpeech(tts, text)).toEqual(first);
  } finally {
    await uncached.close?.();
  }
});

test('what a listener does to its samples does not reach the cache', async () => {
  const before = await renderSpeech(tts, 'Good morning.');
  for await (const chunk of tts.synthesize('Good morning.')) chunk.fill(0);
  expect(await renderSpeech(tts, 'Good morning.')).toEqual(before);
});

test('the two voices differ', async () => {
  expect(await renderSpeech(other, 'Good morning.')).not.toEqual(
    await renderSpeech(tts, 'Good morning.'),
  );
});

test('each sentence is yielded by itself, in order, with a pause between', async () => {
  const chunks: Int16Array[] = [];
  for await (const chunk of tts.synthesize('One. Two. Three.')) chunks.push(chunk);
  const alone = await Promise.all(
    ['One.', 'Two.', 'Three.'].map((text) => renderSpeech(tts, text)),
  );
  const pause = new Int16Array(2_400);
  expect(chunks).toHaveLength(5);
  expect(joinSamples(...chunks)).toEqual(
    joinSamples(alone[0]!, pause, alone[1]!, pause, alone[2]!),
  );
});

test('a text without a word gives no sound and no error', async () => {
  expect(await renderSpeech(tts, ' … — ')).toHaveLength(0);
  expect(await renderSpeech(tts, '')).toHaveLength(0);
});

test('aborting ends the sound without an error, before the first sentence and between two', async () => {
  const early = AbortSignal.abort();
  for await (const _ of tts.synthesize('Never heard.', { signal: early })) throw new Error('heard');

  const abort = new AbortController();
  let chunks = 0;
  for await (const _ of tts.synthesize('First here. Second there. Third.', {
    signal: abort.signal,
  })) {
    chunks += 1;
    abort.abort();
  }
  expect(chunks).toBe(1);

  const while1 = new AbortController();
  const running = speakAll(while1.signal);
  while1.abort();
  expect(await running).toBe(0);
});

async function speakAll(signal: AbortSignal): Promise<number> {
  let chunks = 0;
  const text = 'A sentence that is being made when it is not wanted any more.';
  for await (const _ of tts.synthesize(text, { signal })) chunks += 1;
  return chunks;
}

test('a short request is not kept waiting for all sentences of a long one', async () => {
  const order: string[] = [];
  const long = Array.from({ length: 6 }, (_, index) => `Sentence number ${index}.`).join(' ');
  const say = async (name: string, text: string) => {
    const fresh = offlineTextToSpeech({ cacheSeconds: 0 });
    for await (const _ of fresh.synthesize(text)) void 0;
    order.push(name);
    await fresh.close?.();
  };
  await Promise.all([say('long', long), say('short', 'Short.')]);
  expect(order).toEqual(['short', 'long']);
});

test('closing ends what is being said, and the voice can be used again', async () => {
  const voice = offlineTextToSpeech({ cacheSeconds: 0 });
  const saying = renderSpeech(voice, 'This will not be finished. This neither.');
  await voice.close?.();
  await voice.close?.();
  expect(await saying).toHaveLength(0);
  expect((await renderSpeech(voice, 'Again.')).length).toBeGreaterThan(4_000);
  await voice.close?.();
});

test('closing one voice leaves the thread to the others', async () => {
  const brief = offlineTextToSpeech();
  await brief.prepare?.();
  await brief.close?.();
  expect((await renderSpeech(tts, 'Still here.')).length).toBeGreaterThan(4_000);
});

test('speaks fifty times in a row without a change', async () => {
  const voice = offlineTextToSpeech({ cacheSeconds: 0 });
  const first = await renderSpeech(voice, 'Yes.');
  for (let i = 0; i < 50; i += 1) expect(await renderSpeech(voice, 'Yes.')).toEqual(first);
  await voice.close?.();
}, 60_000);

test('wrong settings are refused', () => {
  expect(() => offlineTextToSpeech({ voice: 'kal' as 'rms' })).toThrow(RangeError);
  expect(() => offlineTextToSpeech({ cacheSeconds: -1 })).toThrow(RangeError);
});

test('an abort listener does not stay on a signal that lives for the whole call', async () => {
  const call = new AbortController();
  let added = 0;
  const add = call.signal.addEventListener.bind(call.signal);
  const remove = call.signal.removeEventListener.bind(call.signal);
  call.signal.addEventListener = (...args: Parameters<typeof add>) => {
    added += 1;
    add(...args);
  };
  call.signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    added -= 1;
    remove(...args);
  };
  for await (const _ of tts.synthesize('One. Two.', { signal: call.signal })) void 0;
  expect(added).toBe(0);
});
