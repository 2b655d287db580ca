import type { SpeechToText } from '@phone-agents/agent';
import { recognizeSpeech } from '@phone-agents/agent';
import { offlineSpeechToText } from '@phone-agents/offline';
import { splitAtSilence } from '@phone-agents/simulator';
import { PHONE_RATE } from '../render-for-phone.ts';
import type { DemoQuestion } from './demo-script.ts';
import { ALL_QUESTIONS, WRONG_ANSWERS } from './demo-script.ts';
import type { Judge, Verdict } from './judge.ts';
import { wordAccuracy, wordsOf } from './word-match.ts';

const FREQUENT_WORDS = 1_000;
/** Nobody waits on the line: a busy machine may take its time. */
const RECOGNITION_TIMEOUT_MS = 30_000;
/** Sentences are recognised one by one: what is longer than this silence parts them. */
const SENTENCE_PAUSE_SAMPLES = 2_400;
/** So much of the right answer's words must be heard. */
const LOWEST_ACCURACY = 0.75;

/** What an ear knows: the right answers, and near ones that are wrong. */
export interface EarVocabulary {
  readonly questions: readonly DemoQuestion[];
  readonly wrongAnswers: readonly string[];
}

const FIRST_CALL: EarVocabulary = { questions: ALL_QUESTIONS, wrongAnswers: WRONG_ANSWERS };

/** An ear that knows the answers, near ones that are wrong, and more words than it wants to hear. */
export function createEar({ questions, wrongAnswers } = FIRST_CALL): SpeechToText {
  return offlineSpeechToText({
    frequentWords: FREQUENT_WORDS,
    minimumScorePerFrame: -Infinity,
    endTurnTimeoutMs: RECOGNITION_TIMEOUT_MS,
    phrases: [...questions.flatMap(({ answer }) => sentencesOf(answer.text)), ...wrongAnswers],
  });
}

/** Listens as the caller does: recognises what was played, and compares it with the right answer. */
export function createEarJudge(vocabulary = FIRST_CALL): Judge {
  const stt = createEar(vocabulary);
  return {
    async judge(question, heard) {
      return compare(question, await recognise(stt, heard));
    },
    close: async () => stt.close?.(),
  };
}

function compare({ answer }: DemoQuestion, heardText: string): Verdict {
  const words = new Set(wordsOf(heardText));
  const missing = answer.facts.filter((fact) => !words.has(fact));
  const accuracy = wordAccuracy(answer.text, heardText);
  const percent = `${Math.round(accuracy * 100)} % of the words`;
  const detail = missing.length === 0 ? percent : `${percent}; not heard: ${missing.join(', ')}`;
  return {
    right: missing.length === 0 && accuracy >= LOWEST_ACCURACY,
    detail: `"${heardText}" (${detail})`,
  };
}

function sentencesOf(text: string): string[] {
  return text.split(/(?<=[.?]) /);
}

/** What is said in a sound at 8 kHz. */
export async function recognise(stt: SpeechToText, heard: Int16Array): Promise<string> {
  const sentences: string[] = [];
  for (const part of splitAtSilence(heard, SENTENCE_PAUSE_SAMPLES)) {
    sentences.push(await recognizeSpeech(stt, part, PHONE_RATE));
  }
  return sentences.join(' ');
}
