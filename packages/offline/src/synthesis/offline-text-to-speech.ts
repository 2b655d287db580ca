import type { SynthesisOptions, TextToSpeech } from '@phone-agents/agent';
import type { Lease } from '../worker/shared-resource.ts';
import type { FliteVoice } from './flite-voice.ts';
import { sharedFliteEngine } from './flite-engine.ts';
import type { FliteEngine } from './flite-engine.ts';
import { SampleCache } from './sample-cache.ts';
import { splitSentences } from './sentences.ts';
import { speakableText } from './speakable-text.ts';

const SAMPLE_RATE = 16_000;
const DEFAULT_CACHE_SECONDS = 120;
/** Heard between two sentences, besides what flite leaves after each. */
const SENTENCE_PAUSE_SAMPLES = 2_400;

/** Options of {@link offlineTextToSpeech}; all have defaults. */
export interface OfflineTextToSpeechOptions {
  /** `rms`, a man's voice (the default), or `slt`, a woman's. */
  readonly voice?: FliteVoice | undefined;
  /** So much speech is kept for sentences that come again, least recently used first out; 120 s (3.8 MB). */
  readonly cacheSeconds?: number | undefined;
}

/**
 * Speech synthesis on this machine with flite in WebAssembly, in one worker thread for all voices of
 * the process. It yields one chunk a sentence, about 90 ms after it was asked for, and makes the next
 * while the first is used. The same text always gives the same samples.
 *
 * @throws RangeError where the voice is unknown or `cacheSeconds` is negative.
 */
export function offlineTextToSpeech(options: OfflineTextToSpeechOptions = {}): TextToSpeech {
  return new OfflineTextToSpeech(options);
}

class OfflineTextToSpeech implements TextToSpeech {
  readonly sampleRate = SAMPLE_RATE;
  readonly #voice: FliteVoice;
  readonly #cache: SampleCache;
  #closing = new AbortController();
  #lease: Lease<FliteEngine> | undefined;

  constructor(options: OfflineTextToSpeechOptions) {
    const { voice = 'rms', cacheSeconds = DEFAULT_CACHE_SECONDS } = options;
    if (voice !== 'rms' && voice !== 'slt') {
      throw new RangeError(`There is no offline voice "${String(voice)}": use "rms" or "slt".`);
    }
    if (!(cacheSeconds >= 0)) throw new RangeError('cacheSeconds must not be negative.');
    this.#voice = voice;
    this.#cache = new SampleCache(cacheSeconds * SAMPLE_RATE);
  }

  async prepare(): Promise<void> {
    await this.#engine().prepare();
  }

  async *synthesize(text: string, options: SynthesisOptions = {}): AsyncGenerator<Int16Array> {
    const sentences = splitSentences(text).map(speakableText);
    const done = new AbortController();
    const signal = AbortSignal.any(
      [done.signal, this.#closing.signal, options.signal].filter((each) => each !== undefined),
    );
    try {
      let coming = this.#speak(sentences[0], signal);
      for (let index = 0; index < sentences.length; index += 1) {
        const samples = await coming;
        if (samples === undefined || signal.aborted) return;
        coming = this.#speak(sentences[index + 1], signal);
        // Awaited in the next round, or never where the listener stops here.
        coming.catch(() => undefined);
        if (index > 0) yield new Int16Array(SENTENCE_PAUSE_SAMPLES);
        yield samples;
      }
    } finally {
      done.abort();
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#closing = new AbortController();
    this.#cache.clear();
    const lease = this.#lease;
    this.#lease = undefined;
    await lease?.release();
  }

  /** Samples of their own memory: the cache's must stay as they are. */
  async #speak(sentence: string | undefined, signal: AbortSignal): Promise<Int16Array | undefined> {
    if (sentence === undefined || signal.aborted) return undefined;
    const cached = this.#cache.get(sentence);
    if (cached !== undefined) return cached.slice();
    const samples = await this.#engine().speak(sentence, this.#voice, signal);
    if (samples === undefined) return undefined;
    this.#cache.set(sentence, samples);
    return samples.slice();
  }

  #engine(): FliteEngine {
    if (this.#lease?.value.failed === true) {
      void this.#lease.release();
      this.#lease = undefined;
    }
    this.#lease ??= sharedFliteEngine().lease();
    return this.#lease.value;
  }
}
