import type { SynthesisOptions, TextToSpeech } from '@phone-agents/agent';
import type { SampleRate } from '@phone-agents/core';
import { decodeL16, decodeMulaw, delay } from '@phone-agents/core';
import { ElevenLabsError } from './elevenlabs-error.ts';
import type { ElevenLabsSettings, ElevenLabsTextToSpeechOptions } from './elevenlabs-settings.ts';
import { requireApiKey, resolveElevenLabsSettings } from './elevenlabs-settings.ts';
import type { SpokenAudio } from './speech-request.ts';
import { requestSpeech } from './speech-request.ts';

/** Waiting time before each further attempt; the last holds for all further ones. */
const RETRY_DELAYS_MS = [100, 400] as const;

/**
 * ElevenLabs' streaming speech for a voice agent. Each sentence is one request, whose audio is given
 * as it comes; aborting it hangs up, so that nothing more is made.
 *
 * ```ts
 * const tts = elevenLabsTextToSpeech({ voice: 'JBFqnCBsd6RMkjVDRZzb' });
 * const agent = createVoiceAgent({ stt, tts, vad, model });
 * ```
 *
 * @throws ConfigurationError naming every option that is wrong. The key is looked for when it is needed.
 */
export function elevenLabsTextToSpeech(options: ElevenLabsTextToSpeechOptions = {}): TextToSpeech {
  return new ElevenLabsTextToSpeech(resolveElevenLabsSettings(options));
}

class ElevenLabsTextToSpeech implements TextToSpeech {
  readonly sampleRate: SampleRate;
  readonly #settings: ElevenLabsSettings;

  constructor(settings: ElevenLabsSettings) {
    this.sampleRate = settings.sampleRate;
    this.#settings = settings;
  }

  async prepare(): Promise<void> {
    requireApiKey(this.#settings);
    await import('@elevenlabs/elevenlabs-js');
  }

  async *synthesize(text: string, options: SynthesisOptions = {}): AsyncGenerator<Int16Array> {
    const signal = options.signal ?? new AbortController().signal;
    if (text.trim() === '' || signal.aborted) return;
    let audio: SpokenAudio | undefined;
    try {
      audio = await this.#request(text, signal);
      const decode = createDecoder(this.#settings);
      for (let bytes = await audio.next(); bytes; bytes = await audio.next()) {
        if (signal.aborted) return;
        const samples = decode(bytes);
        if (samples.length > 0) yield samples;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      audio?.cancel();
    }
  }

  async #request(text: string, signal: AbortSignal): Promise<SpokenAudio> {
    const { maxRetries, clock } = this.#settings;
    for (let attempt = 0; ; attempt++) {
      try {
        return await requestSpeech(this.#settings, text, signal);
      } catch (error) {
        const mayRetry = error instanceof ElevenLabsError && error.isRetryable;
        if (!mayRetry || signal.aborted || attempt >= maxRetries) throw error;
        const delays = RETRY_DELAYS_MS;
        await delay(clock, delays[Math.min(attempt, delays.length - 1)]!, signal);
        signal.throwIfAborted();
      }
    }
  }
}

/** Decodes pieces of any length; a sample may lie across two of them. */
function createDecoder({ format }: ElevenLabsSettings): (bytes: Uint8Array) => Int16Array {
  if (format === 'ulaw_8000') return (bytes) => decodeMulaw(bytes);
  let half: number | undefined;
  return (piece) => {
    let bytes = piece;
    if (half !== undefined) {
      bytes = new Uint8Array(piece.length + 1);
      bytes[0] = half;
      bytes.set(piece, 1);
    }
    const isOdd = bytes.length % 2 === 1;
    half = isOdd ? bytes.at(-1) : undefined;
    return decodeL16(isOdd ? bytes.subarray(0, -1) : bytes, 'little-endian');
  };
}
