import type { SampleRate } from '@phone-agents/core';
import { createResampler } from '@phone-agents/core';
import { iterateUntilAborted } from '../abortable.ts';
import type { TextToSpeech } from './text-to-speech.ts';

const NO_SAMPLES = new Int16Array(0);

/**
 * Speaks `text` at `sampleRate`; resamples only where the synthesiser's rate is another.
 *
 * @returns chunks of any length, each of its own memory.
 * @throws what the synthesiser throws, and the signal's reason when it is aborted.
 */
export async function* renderSpeech(
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
  const resampler = createResampler(tts.sampleRate, sampleRate);
  const multiple = resampler.inputMultiple;
  let rest = NO_SAMPLES;
  for await (const chunk of chunks) {
    const input = rest.length === 0 ? chunk : join(rest, chunk);
    const whole = input.length - (input.length % multiple);
    rest = input.slice(whole);
    if (whole > 0) yield resampler.process(input.subarray(0, whole)).slice();
  }
  // The filter still holds the last samples: silence pushes them out.
  const delay = Math.ceil((resampler.delaySamples * tts.sampleRate) / sampleRate);
  const tail = new Int16Array(Math.ceil((rest.length + delay) / multiple) * multiple);
  tail.set(rest);
  if (tail.length > 0) yield resampler.process(tail).slice();
}

/** Fixed sentences, rendered once per agent and kept, so that they are spoken without delay. */
export class SpeechCache {
  readonly #tts: TextToSpeech;
  readonly #speakable: (text: string) => string;
  readonly #sampleRate: SampleRate;
  readonly #rendering = new Map<string, Promise<Int16Array>>();

  /** @param speakable Writes a sentence as the synthesiser should read it. */
  constructor(tts: TextToSpeech, speakable: (text: string) => string, sampleRate: SampleRate) {
    this.#tts = tts;
    this.#speakable = speakable;
    this.#sampleRate = sampleRate;
  }

  /** The sentence's samples; a failure is not kept, so the next call tries again. */
  get(sentence: string): Promise<Int16Array> {
    let samples = this.#rendering.get(sentence);
    if (samples) return samples;
    samples = this.#render(sentence);
    this.#rendering.set(sentence, samples);
    samples.catch(() => this.#rendering.delete(sentence));
    return samples;
  }

  async #render(sentence: string): Promise<Int16Array> {
    // Not tied to the call that asked first: others wait for the same sentence.
    const { signal } = new AbortController();
    const chunks: Int16Array[] = [];
    const text = this.#speakable(sentence);
    for await (const chunk of renderSpeech(this.#tts, text, this.#sampleRate, signal)) {
      chunks.push(chunk);
    }
    return chunks.reduce(join, NO_SAMPLES);
  }
}

function join(first: Int16Array, second: Int16Array): Int16Array {
  const joined = new Int16Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}
