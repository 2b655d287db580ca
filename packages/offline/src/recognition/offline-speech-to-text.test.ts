import { renderSpeech } from '@phone-agents/agent';
import { offlineTextToSpeech } from '../synthesis/offline-text-to-speech.ts';
import {
  addNoise,
  joinSamples,
  silence,
  speechLevel,
  throughTelephone,
  wordErrors,
  writeFrames,
} from '../test-support/sound.ts';
import { offlineSpeechToText } from './offline-speech-to-text.ts';
import { speechRecognitionAvailability } from './speech-recognition-availability.ts';
import { spokenWords } from './spoken-words.ts';

const phrases = [
  'What are your opening hours?',
  'When are you open?',
  'Where are you located?',
  'How much does it cost?',
  'Do you have parking?',
  'I would like to book a table for two.',
  'Can I speak to a person?',
  'Can I cancel my reservation?',
  'Thank you.',
  'Goodbye.',
  'Do you work with Zendesk?',
];

const availability = await speechRecognitionAvailability();
const testSpeech = availability.available ? test : test.skip;
const suffix = availability.available ? '' : ` [skipped: ${availability.reason}]`;

const caller = offlineTextToSpeech({ voice: 'slt' });
// Whole sentences are written at once here, on machines that do other things too.
const stt = offlineSpeechToText({ phrases, endTurnTimeoutMs: 60_000 });
afterAll(() => Promise.all([caller.close?.(), stt.close?.()]));

/** A sentence as it comes through a telephone with noise 30 dB below it. */
async function heard(text: string): Promise<Int16Array> {
  const speech = joinSamples(silence(300), await renderSpeech(caller, text), silence(300));
  return throughTelephone(addNoise(speech, speechLevel(speech) / 30));
}

testSpeech(
  `recognises the agent's own phrases on the telephone, at most one word in ten wrong${suffix}`,
  async () => {
    const stream = await stt.open();
    let errors = 0;
    let words = 0;
    for (const phrase of phrases) {
      writeFrames(stream, await heard(phrase));
      const { text } = await stream.endTurn();
      const expected = spokenWords(phrase);
      errors += wordErrors(expected, spokenWords(text));
      words += expected.length;
    }
    await stream.close();
    expect(words).toBeGreaterThan(40);
    expect(errors / words).toBeLessThanOrEqual(0.1);
  },
  60_000,
);

testSpeech(
  `the same call gives the same words, also beside other calls${suffix}`,
  async () => {
    const samples = await heard('I would like to book a table for two.');
    const recognise = async () => {
      const stream = await stt.open();
      writeFrames(stream, samples);
      const first = (await stream.endTurn()).text;
      writeFrames(stream, samples);
      const second = (await stream.endTurn()).text;
      await stream.close();
      return [first, second];
    };
    const alone = await recognise();
    expect(alone[0]).toBe('i would like to book a table for two');
    // Six calls need two threads.
    const together = await Promise.all(Array.from({ length: 6 }, recognise));
    for (const each of together) expect(each).toEqual(alone);
  },
  60_000,
);

testSpeech(`faint noise, silence and nothing at all are no words${suffix}`, async () => {
  const stream = await stt.open();
  expect((await stream.endTurn()).text).toBe('');
  writeFrames(stream, silence(2_000));
  expect((await stream.endTurn()).text).toBe('');
  writeFrames(stream, throughTelephone(addNoise(silence(2_000), 50)));
  expect((await stream.endTurn()).text).toBe('');
  await stream.close();
});

testSpeech(`another language is no words rather than wrong ones${suffix}`, async () => {
  const stream = await stt.open();
  writeFrames(stream, await heard('Wo ist denn bitte der Bahnhof, ich suche ihn schon lange.'));
  expect((await stream.endTurn()).text).toBe('');
  const all = offlineSpeechToText({
    phrases,
    minimumScorePerFrame: -Infinity,
    endTurnTimeoutMs: 60_000,
  });
  const lenient = await all.open();
  writeFrames(lenient, await heard('Wo ist denn bitte der Bahnhof, ich suche ihn schon lange.'));
  expect((await lenient.endTurn()).text).not.toBe('');
  await all.close?.();
  await stream.close();
});

testSpeech(`what is discarded is not part of the next turn${suffix}`, async () => {
  const stream = await stt.open();
  writeFrames(stream, await heard('Can I cancel my reservation?'));
  stream.discardTurn();
  writeFrames(stream, await heard('When are you open?'));
  expect((await stream.endTurn()).text).toBe('when are you open');
  await stream.close();
});

testSpeech(`phrases given for one call are understood in that call${suffix}`, async () => {
  const stream = await stt.open({ phrases: ['Do you rent canoes?'] });
  writeFrames(stream, await heard('Do you rent canoes?'));
  expect((await stream.endTurn()).text).toBe('do you rent canoes');
  await stream.close();
});

testSpeech(`words are told while the caller speaks, where they are wanted${suffix}`, async () => {
  const interim: string[] = [];
  const stream = await stt.open({ onInterim: ({ text }) => interim.push(text) });
  writeFrames(stream, await heard('I would like to book a table for two.'));
  await stream.endTurn();
  await stream.close();
  expect(interim.length).toBeGreaterThan(1);
  expect(interim.at(-1)).toContain('book a table');
});

testSpeech(
  `a recogniser that takes too long is replaced, and every stream it served is told once${suffix}`,
  async () => {
    const hasty = offlineSpeechToText({ phrases, endTurnTimeoutMs: 5_000 });
    const slow = await hasty.open();
    const neighbour = await hasty.open();
    const samples = await heard('When are you open?');
    writeFrames(neighbour, samples);
    // About a quarter of an hour of speech takes the recogniser more than a minute.
    for (let i = 0; i < 450; i += 1) writeFrames(slow, samples);
    await expect(slow.endTurn()).rejects.toMatchObject({ code: 'speech_recognition_timeout' });
    await expect(neighbour.endTurn()).rejects.toMatchObject({
      code: 'speech_recognition_timeout',
    });
    for (const stream of [slow, neighbour]) {
      writeFrames(stream, samples);
      expect((await stream.endTurn()).text).toBe('when are you open');
    }
    await hasty.close?.();
  },
  60_000,
);

testSpeech(`a closed or aborted stream refuses turns and takes no sound${suffix}`, async () => {
  const abort = new AbortController();
  const stream = await stt.open({ signal: abort.signal });
  writeFrames(stream, silence(100));
  abort.abort();
  writeFrames(stream, silence(100));
  await expect(stream.endTurn()).rejects.toMatchObject({ code: 'speech_stream_closed' });
  await stream.close();
});

testSpeech(`frames of another rate are refused${suffix}`, async () => {
  const stream = await stt.open();
  expect(() => writeFrames(stream, silence(20), { sampleRate: 8_000 })).toThrow('16000 Hz');
  await stream.close();
});

test('where the English model is missing, opening says what to install', async () => {
  const without = offlineSpeechToText({ phrases, modelDirectory: '/nowhere' });
  await expect(without.open()).rejects.toMatchObject({ code: 'speech_unavailable' });
  await expect(without.prepare?.()).rejects.toThrow(/pocketsphinx/);
  await without.close?.();
  expect(await speechRecognitionAvailability({ modelDirectory: '/nowhere' })).toMatchObject({
    available: false,
    howToInstall: expect.stringContaining('pocketsphinx-en-us') as string,
  });
});
