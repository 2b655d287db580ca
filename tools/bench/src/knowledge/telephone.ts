import { fileURLToPath } from 'node:url';
import { recognizeSpeech, renderSpeech } from '@phone-agents/agent';
import type { SampleRate } from '@phone-agents/core';
import { decodeMulaw, encodeMulaw, resampleAll } from '@phone-agents/core';
import { callerPhrases, loadFolder } from '@phone-agents/knowledge';
import { offlineSpeechToText, offlineTextToSpeech } from '@phone-agents/offline';
import { PHONE_RATE } from '../phone-rate.ts';

/** Silence around a question, as a caller leaves it. */
const PAUSE_MS = 300;
/** Nobody waits: a busy machine may take its time. */
const TIMEOUT_MS = 60_000;

/** What a recogniser hears of sentences that are said into a telephone. */
export interface Telephone {
  hear(sentence: string): Promise<string>;
  close(): Promise<void>;
}

/**
 * A caller with a synthetic voice, a line that carries 8 kHz mu-law, and the offline recogniser, which
 * knows the documents, how callers begin, and 4,000 frequent words; it does not know the questions.
 */
export async function createTelephone(folder: URL): Promise<Telephone> {
  const tts = offlineTextToSpeech({ voice: 'slt' });
  const stt = offlineSpeechToText({
    phrases: await callerPhrases(loadFolder(fileURLToPath(folder))),
    endTurnTimeoutMs: TIMEOUT_MS,
  });
  return {
    async hear(sentence) {
      const pause = new Array<number>((tts.sampleRate * PAUSE_MS) / 1_000).fill(0);
      const spoken = Int16Array.from([...pause, ...(await renderSpeech(tts, sentence)), ...pause]);
      return recognizeSpeech(stt, throughTelephone(spoken, tts.sampleRate), PHONE_RATE);
    },
    close: async () => {
      await Promise.all([tts.close?.(), stt.close?.()]);
    },
  };
}

/** What arrives at the other end, at 8 kHz. */
function throughTelephone(samples: Int16Array, from: SampleRate): Int16Array {
  return decodeMulaw(encodeMulaw(resampleAll(samples, from, PHONE_RATE)));
}
