import type { SpeechToText, SpeechToTextOptions, SpeechToTextStream } from '@phone-agents/agent';
import type { SampleRate } from '@phone-agents/core';
import type { DeepgramSettings, DeepgramSpeechToTextOptions } from './deepgram-settings.ts';
import { requireApiKey, resolveDeepgramSettings } from './deepgram-settings.ts';
import { DeepgramStream } from './deepgram-stream.ts';

/**
 * Deepgram's streaming recognition for a voice agent: words while they are spoken, and the end of
 * the caller's turn as Deepgram hears it. One connection per call, opened while the phone rings,
 * kept alive in silence, and opened anew when it is lost: what was said meanwhile is sent again.
 *
 * ```ts
 * const stt = deepgramSpeechToText({ model: 'nova-3', language: 'en-US' });
 * const agent = createVoiceAgent({ stt, tts, vad, model });
 * ```
 *
 * @throws ConfigurationError naming every option that is wrong. The key is looked for when it is needed.
 */
export function deepgramSpeechToText(options: DeepgramSpeechToTextOptions = {}): SpeechToText {
  return new DeepgramSpeechToText(resolveDeepgramSettings(options));
}

class DeepgramSpeechToText implements SpeechToText {
  readonly sampleRate: SampleRate;
  readonly isContinuous: boolean;
  readonly #settings: DeepgramSettings;

  constructor(settings: DeepgramSettings) {
    this.sampleRate = settings.sampleRate;
    this.isContinuous = settings.endsTurns;
    this.#settings = settings;
  }

  async prepare(): Promise<void> {
    requireApiKey(this.#settings);
    await import('@deepgram/sdk');
  }

  async open(options: SpeechToTextOptions = {}): Promise<SpeechToTextStream> {
    const stream = new DeepgramStream(this.#settings, options);
    await stream.open();
    return stream;
  }
}
