import type { TextToSpeech } from '@phone-agents/agent';
import { renderSpeech } from '@phone-agents/agent';
import { offlineTextToSpeech } from '@phone-agents/offline';
import { trimSilence } from '@phone-agents/simulator';
import { toPhoneBand } from '../render-for-phone.ts';
import { createSoundSearch } from './correlation.ts';
import type { DemoQuestion } from './demo-script.ts';
import { ALL_QUESTIONS } from './demo-script.ts';
import type { Judge } from './judge.ts';

/** The same sentence through the same line is at least so alike; another one is far below. */
const SAME = 0.8;
const OTHER = 0.5;

/**
 * Compares sounds, where no speech can be recognised: what was played must hold each sentence of the
 * right answer as the agent's voice says it over the telephone, and none of another answer.
 */
export async function createRenderingJudge(
  questions: readonly DemoQuestion[] = ALL_QUESTIONS,
): Promise<Judge> {
  const tts = offlineTextToSpeech();
  const answers = new Map<DemoQuestion, readonly Int16Array[]>();
  for (const question of questions) {
    const sentences = question.answer.text.split(/(?<=[.?]) /);
    answers.set(question, await Promise.all(sentences.map((text) => renderSentence(tts, text))));
  }
  const longest = Math.max(...[...answers.values()].flat().map(({ length }) => length));
  return {
    async judge(question, heard) {
      const search = createSoundSearch(heard, longest);
      let own = 0;
      let nearest = 0;
      for (const [other, sentences] of answers) {
        if (other === question)
          own = Math.min(...sentences.map((sentence) => search.findLeastAlike(sentence)));
        else nearest = Math.max(nearest, ...sentences.map((sentence) => search.find(sentence)));
      }
      return {
        right: own >= SAME && nearest <= OTHER,
        detail: `sounds like the right answer: ${own.toFixed(2)} of 1, like another: ${nearest.toFixed(2)}`,
      };
    },
    close: async () => tts.close?.(),
  };
}

/** A sentence as it sounds on the phone. */
async function renderSentence(tts: TextToSpeech, text: string): Promise<Int16Array> {
  return trimSilence(toPhoneBand(await renderSpeech(tts, text), tts.sampleRate));
}
