import { renderSpeech } from '@phone-agents/agent';
import { resampleAll } from '@phone-agents/core';
import { offlineTextToSpeech } from '@phone-agents/offline';
import type { CarrierCall } from '@phone-agents/simulator';
import { trimSilence } from '@phone-agents/simulator';
import { PHONE_RATE, toPhoneBand } from '../render-for-phone.ts';
import type { Mouth } from './demo-caller.ts';
import type { DemoQuestion } from './demo-script.ts';
import { ALL_QUESTIONS } from './demo-script.ts';

/** A caller with a voice; it is not the agent's. */
export interface Voice {
  /** How long a question lasts. */
  durationMs(question: DemoQuestion): number;
  mouthFor(call: CarrierCall): Mouth;
}

/** Renders all questions beforehand, as a telephone carries them. */
export async function createVoice(
  questions: readonly DemoQuestion[] = ALL_QUESTIONS,
): Promise<Voice> {
  const tts = offlineTextToSpeech({ voice: 'slt' });
  const spoken = new Map<DemoQuestion, Int16Array>();
  for (const question of questions) {
    const samples = await renderSpeech(tts, question.question);
    spoken.set(question, trimSilence(toPhoneBand(samples, tts.sampleRate)));
  }
  await tts.close?.();
  const samplesOf = (question: DemoQuestion): Int16Array => {
    const samples = spoken.get(question);
    if (!samples) throw new RangeError(`"${question.question}" was not rendered.`);
    return samples;
  };
  return {
    durationMs: (question) => (samplesOf(question).length * 1000) / PHONE_RATE,
    mouthFor: (call) => ({
      ask: (question) => call.speak(resampleAll(samplesOf(question), PHONE_RATE, call.sampleRate)),
    }),
  };
}

/** A caller who presses keys. */
export function keypadOf(call: CarrierCall): Mouth {
  return {
    async ask({ key }) {
      if (key !== undefined) call.press(key);
    },
  };
}
