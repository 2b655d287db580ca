import { renderSpeech } from '@phone-agents/agent';
import { offlineTextToSpeech, speechRecognitionAvailability } from '@phone-agents/offline';
import { toPhoneBand } from '../render-for-phone.ts';
import { ALL_QUESTIONS } from './demo-script.ts';
import { createEarJudge } from './ear-judge.ts';
import type { Judge } from './judge.ts';
import { createRenderingJudge } from './rendering-judge.ts';

const availability = await speechRecognitionAvailability();
const testSpeech = availability.available ? test : test.skip;
const whyNot = availability.available ? '' : ` [skipped: ${availability.reason}]`;

const [hours, parking] = ALL_QUESTIONS;
if (!hours || !parking) throw new Error('The script has questions');
const tts = offlineTextToSpeech();
let judge: Judge | undefined;

afterEach(async () => judge?.close());
afterAll(async () => tts.close?.());

/** What the agent would say, as the carrier would play it. */
async function played(text: string): Promise<Int16Array> {
  return toPhoneBand(await renderSpeech(tts, text), tts.sampleRate);
}

/** One word is another. */
const WRONG_HOURS = hours.answer.text.replace('nine', 'ten');

test('the right answer sounds right, another answer and one wrong word do not', async () => {
  judge = await createRenderingJudge();
  expect(await judge.judge(hours, await played(hours.answer.text))).toMatchObject({ right: true });
  expect(await judge.judge(hours, await played(WRONG_HOURS))).toMatchObject({ right: false });
  expect(await judge.judge(hours, await played(parking.answer.text))).toMatchObject({
    right: false,
  });
});

test('half of the right answer, both answers in a row, and silence are not right', async () => {
  judge = await createRenderingJudge();
  const [firstSentence = ''] = hours.answer.text.split(/(?<=\.) /);
  const both = `${hours.answer.text} ${parking.answer.text}`;
  for (const samples of [await played(firstSentence), await played(both), new Int16Array(8_000)]) {
    expect(await judge.judge(hours, samples)).toMatchObject({ right: false });
  }
});

testSpeech(`the ear understands every right answer${whyNot}`, async () => {
  judge = createEarJudge();
  for (const question of [hours, parking]) {
    const verdict = await judge.judge(question, await played(question.answer.text));
    expect(verdict).toMatchObject({ right: true });
  }
});

testSpeech(`the ear hears one wrong word, and another answer${whyNot}`, async () => {
  judge = createEarJudge();
  const wrong = await judge.judge(hours, await played(WRONG_HOURS));
  expect(wrong).toMatchObject({
    right: false,
    detail: expect.stringMatching(/ten in the morning/),
  });
  expect(await judge.judge(hours, await played(parking.answer.text))).toMatchObject({
    right: false,
  });
  expect(await judge.judge(hours, new Int16Array(8_000))).toMatchObject({ right: false });
});
