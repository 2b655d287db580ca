import type { SampleRate } from '@phone-agents/core';
import { decodeMulaw, encodeMulaw, resampleAll } from '@phone-agents/core';
import { renderSpeech } from '@phone-agents/agent';
import { offlineTextToSpeech } from '@phone-agents/offline';

/** Rate of the telephone network. */
export const PHONE_RATE = 8_000;

/** A sentence in the voice of the simulated carrier, as it sounds on a phone of this rate. */
export async function renderForPhone(text: string, sampleRate: SampleRate): Promise<Int16Array> {
  const tts = offlineTextToSpeech({ voice: 'slt' });
  try {
    const samples = await renderSpeech(tts, text);
    return sampleRate === PHONE_RATE
      ? toPhoneBand(samples, tts.sampleRate)
      : resampleAll(samples, tts.sampleRate, sampleRate);
  } finally {
    await tts.close?.();
  }
}

/** What a phone makes of a sound: 8 kHz, through mu-law and back. */
export function toPhoneBand(samples: Int16Array, sampleRate: SampleRate): Int16Array {
  return decodeMulaw(encodeMulaw(resampleAll(samples, sampleRate, PHONE_RATE)));
}
