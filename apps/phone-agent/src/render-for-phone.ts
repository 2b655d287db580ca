import type { SampleRate } from '@phone-agents/core';
import { createResampler, decodeMulaw, encodeMulaw, samplesPerFrame } from '@phone-agents/core';
import type { TextToSpeech } from '@phone-agents/agent';
import { offlineTextToSpeech } from '@phone-agents/offline';

/** Rate of the telephone network. */
export const PHONE_RATE = 8_000;

/** A sentence in the voice of the simulated carrier, as it sounds on a phone of this rate. */
export async function renderForPhone(text: string, sampleRate: SampleRate): Promise<Int16Array> {
  const tts = offlineTextToSpeech({ voice: 'slt' });
  try {
    const samples = await renderAll(tts, text);
    return sampleRate === PHONE_RATE
      ? toPhoneBand(samples, tts.sampleRate)
      : resampleAll(samples, tts.sampleRate, sampleRate);
  } finally {
    await tts.close?.();
  }
}

/** All samples of a text, at the synthesiser's rate. */
export async function renderAll(tts: TextToSpeech, text: string): Promise<Int16Array> {
  const chunks: Int16Array[] = [];
  for await (const chunk of tts.synthesize(text)) chunks.push(chunk.slice());
  const samples = new Int16Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let filled = 0;
  for (const chunk of chunks) {
    samples.set(chunk, filled);
    filled += chunk.length;
  }
  return samples;
}

/** What a phone makes of a sound: 8 kHz, through mu-law and back. */
export function toPhoneBand(samples: Int16Array, sampleRate: SampleRate): Int16Array {
  const narrow = resampleAll(samples, sampleRate, PHONE_RATE);
  const encoded = new Uint8Array(narrow.length);
  encodeMulaw(narrow, encoded);
  const heard = new Int16Array(narrow.length);
  decodeMulaw(encoded, heard);
  return heard;
}

/** Resamples a whole sound, padded with silence to full frames and by one more for the filter's delay. */
export function resampleAll(samples: Int16Array, from: SampleRate, to: SampleRate): Int16Array {
  if (from === to) return samples;
  const frame = samplesPerFrame(from);
  const padded = new Int16Array((Math.ceil(samples.length / frame) + 1) * frame);
  padded.set(samples);
  return createResampler(from, to).process(padded).slice();
}
