import type { SampleRate } from '@phone-agents/core';
import { resampleAll, samplesPerFrame } from '@phone-agents/core';
import type { SpeechToText } from './speech-to-text.ts';

/**
 * What a recogniser makes of a whole recording, as one turn of a caller's.
 *
 * @param sampleRate Of the samples, in Hz; they are resampled where the recogniser wants another.
 * @throws what the recogniser throws.
 */
export async function recognizeSpeech(
  stt: SpeechToText,
  samples: Int16Array,
  sampleRate: SampleRate,
): Promise<string> {
  const heard = resampleAll(samples, sampleRate, stt.sampleRate);
  const length = samplesPerFrame(stt.sampleRate);
  const stream = await stt.open();
  try {
    for (let at = 0; at + length <= heard.length; at += length) {
      stream.write({
        samples: heard.subarray(at, at + length),
        sampleRate: stt.sampleRate,
        timestampSamples: at,
      });
    }
    return (await stream.endTurn()).text;
  } finally {
    await stream.close();
  }
}
