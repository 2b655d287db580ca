import type { Clock, ClockTimer, Logger, SampleRate } from '@phone-agents/core';
import { PhoneAgentError } from '@phone-agents/core';
import { streamSpeech } from './render-speech.ts';
import type { TextToSpeech } from './text-to-speech.ts';

/** After so many failures in a row the fallback speaks for the rest of the call. */
const MAX_FAILURES = 2;

export interface VoiceOptions {
  readonly tts: TextToSpeech;
  readonly fallbackTts: TextToSpeech | undefined;
  /** Writes a sentence as the synthesiser should read it. */
  readonly speakable: (text: string) => string;
  readonly sampleRate: SampleRate;
  /** Time for the first samples of a sentence, and between samples. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly callId: string;
}

/** Speaks sentences in one call; where the synthesiser gives nothing, the fallback speaks. */
export class Voice {
  readonly #options: VoiceOptions;
  #failures = 0;

  constructor(options: VoiceOptions) {
    this.#options = options;
  }

  /**
   * Speaks one sentence.
   *
   * @throws what the synthesiser throws, or PhoneAgentError with code `speech_timeout`.
   */
  async *speak(text: string, signal: AbortSignal): AsyncGenerator<Int16Array, void, undefined> {
    const { tts, fallbackTts, speakable, logger, callId } = this.#options;
    const spoken = speakable(text);
    if (!fallbackTts) {
      yield* this.#render(tts, spoken, signal);
      return;
    }
    let hasSpoken = false;
    if (this.#failures < MAX_FAILURES) {
      try {
        for await (const chunk of this.#render(tts, spoken, signal)) {
          hasSpoken = true;
          yield chunk;
        }
        this.#failures = 0;
        return;
      } catch (error) {
        if (signal.aborted) throw error;
        this.#failures++;
        logger.warn({ callId, error }, 'The synthesiser failed; the fallback speaks');
        // A sentence that broke off cannot be begun again.
        if (hasSpoken) throw error;
      }
    }
    yield* this.#render(fallbackTts, spoken, signal);
  }

  async *#render(
    tts: TextToSpeech,
    text: string,
    signal: AbortSignal,
  ): AsyncGenerator<Int16Array, void, undefined> {
    const { clock, timeoutMs, sampleRate } = this.#options;
    const stalled = new AbortController();
    let timer: ClockTimer | undefined;
    const wait = (): void => {
      timer = clock.setTimeout(
        () =>
          stalled.abort(
            new PhoneAgentError('speech_timeout', 'The synthesiser gave nothing in time.'),
          ),
        timeoutMs,
      );
    };
    const either = AbortSignal.any([signal, stalled.signal]);
    try {
      wait();
      for await (const chunk of streamSpeech(tts, text, sampleRate, either)) {
        timer?.cancel();
        yield chunk;
        wait();
      }
    } finally {
      timer?.cancel();
      stalled.abort();
    }
  }
}
