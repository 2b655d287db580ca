import type { SampleRate } from '@phone-agents/core';
import { renderSpeech } from './render-speech.ts';
import type { TextToSpeech } from './text-to-speech.ts';

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

  #render(sentence: string): Promise<Int16Array> {
    // Not tied to the call that asked first: others wait for the same sentence.
    return renderSpeech(this.#tts, this.#speakable(sentence), { sampleRate: this.#sampleRate });
  }
}
