import { elevenLabsTextToSpeech } from './elevenlabs-text-to-speech.ts';

const hasKey = (process.env['ELEVENLABS_API_KEY'] ?? '') !== '';
const live = hasKey ? test : test.skip;
const why = hasKey ? '' : ' [skipped: ELEVENLABS_API_KEY is not set]';

live(`ElevenLabs speaks a sentence${why}`, async () => {
  const tts = elevenLabsTextToSpeech();
  let samples = 0;
  let loudest = 0;
  for await (const chunk of tts.synthesize('We open at nine in the morning.')) {
    samples += chunk.length;
    for (const sample of chunk) loudest = Math.max(loudest, Math.abs(sample));
  }
  expect(samples / tts.sampleRate).toBeGreaterThan(0.8);
  expect(loudest).toBeGreaterThan(1_000);
});

live(`a wrong key is refused as such${why}`, async () => {
  const chunks = elevenLabsTextToSpeech({ apiKey: 'wrong' }).synthesize('Hello.');
  await expect(chunks[Symbol.asyncIterator]().next()).rejects.toMatchObject({
    code: 'elevenlabs_unauthorized',
  });
});
