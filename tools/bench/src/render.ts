import type { TextToSpeech } from '@phone-agents/agent';
import type { SampleRate } from '@phone-agents/core';
import { createResampler, samplesPerFrame } from '@phone-agents/core';

/** Rate of the telephone network. */
export const PHONE_RATE: SampleRate = 8_000;

/** All samples of a text, at the synthesiser's rate. */
export async function render(tts: TextToSpeech, text: string): Promise<Int16Array> {
  const samples: number[] = [];
  for await (const chunk of tts.synthesize(text)) samples.push(...chunk);
  return Int16Array.from(samples);
}

/** A whole sound at another rate, padded to full frames and by one more for the filter's delay. */
export function resample(samples: Int16Array, from: SampleRate, to: SampleRate): Int16Array {
  const frame = samplesPerFrame(from);
  const padded = new Int16Array((Math.ceil(samples.length / frame) + 1) * frame);
  padded.set(samples);
  return createResampler(from, to).process(padded).slice();
}
