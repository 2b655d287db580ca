import { readFile } from 'node:fs/promises';
import { decodeWav } from '@phone-agents/core';
import { deepgramSpeechToText } from './deepgram-speech-to-text.ts';
import { write } from './test-support/spoken.ts';

const hasKey = (process.env['DEEPGRAM_API_KEY'] ?? '') !== '';
const live = hasKey ? test : test.skip;
const why = hasKey ? '' : ' [skipped: DEEPGRAM_API_KEY is not set]';

live(`Deepgram understands a spoken sentence${why}`, async () => {
  const file = await readFile(new URL('./test-support/when-do-you-open.wav', import.meta.url));
  const { channels, sampleRate } = decodeWav(file);
  expect(sampleRate).toBe(8_000);
  const interims: string[] = [];
  const stream = await deepgramSpeechToText({ language: 'en-US' }).open({
    onInterim: ({ text }) => interims.push(text),
  });
  write(stream, channels[0]!);
  const { text } = await stream.endTurn();
  await stream.close();
  expect(text).toMatch(/when do you open/i);
});

live(`a wrong key is refused as such${why}`, async () => {
  await expect(deepgramSpeechToText({ apiKey: 'wrong' }).open()).rejects.toMatchObject({
    code: 'deepgram_unauthorized',
  });
});
