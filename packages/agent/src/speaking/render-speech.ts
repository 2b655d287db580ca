import type { SampleRate } from '@phone-agents/core';
import { iterateUntilAborted } from '../abortable.ts';
import { StreamResampler } from './stream-resampler.ts';
import type { TextToSpeech } from './text-to-speech.ts';

/** How {@link renderSpeech} renders a text; all have defaults. */
export interface RenderSpeechOptions {
  /** Rate of the samples, in Hz; default the synthesiser's own. */
  readonly sampleRate?: SampleRate | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * All samples of a text: for a recording, or a caller in a test. An agent speaks piece by piece instead.
 *
 * @throws what the synthesiser throws, and the signal's reason when it is aborted.
 */
export async function renderSpeech(
  tts: TextToSpeech,
  text: string,
  options: RenderSpeechOptions = {},
): Promise<Int16Array> {
  const { sampleRate = tts.sampleRate, signal = new AbortController().signal } = options;
  const chunks: Int16Array[] = [];
  for await (const chunk of streamSpeech(tts, text, sampleRate, signal)) chunks.push(chunk);
  const samples = new Int16Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let filled = 0;
  for (const chunk of chunks) {
    samples.set(chunk, filled);
    filled += chunk.length;
  }
  return samples;
}

/**
 * Speaks `text` at `sampleRate`; resamples only where the synthesiser's rate is another.
 *
 * @returns chunks of any length, each of its own memory.
 * @throws what the synthesiser throws, and the signal's reason when it is aborted.
 */
export async function* streamSpeech(
  tts: TextToSpeech,
  text: string,
  sampleRate: SampleRate,
  signal: AbortSignal,
): AsyncGenerator<Int16Array, void, undefined> {
  const chunks = iterateUntilAborted(tts.synthesize(text, { signal }), signal);
  if (tts.sampleRate === sampleRate) {
    for await (const chunk of chunks) yield chunk.slice();
    return;
  }
  const resampler = new StreamResampler(tts.sampleRate, sampleRate);
  for await (const chunk of chunks) {
    const samples = resampler.push(chunk);
    if (samples.length > 0) yield samples;
  }
  const last = resampler.finish();
  if (last.length > 0) yield last;
}
