import type {
  RealtimeConnectOptions,
  RealtimeConnection,
  RealtimeModel,
} from '@phone-agents/agent';
import type { SampleRate } from '@phone-agents/core';
import { OpenAIConnection } from './openai-connection.ts';
import type { OpenAIRealtimeOptions, OpenAIRealtimeSettings } from './openai-settings.ts';
import { requireApiKey, resolveOpenAIRealtimeSettings } from './openai-settings.ts';
import { loadPhoneTransport } from './realtime-transport.ts';

/**
 * OpenAI's speech-to-speech models for a voice agent, over the Realtime API's WebSocket. Instructions,
 * tools and greeting come from the agent; the agent decides what interrupts it, and cuts the model's
 * memory to what the caller has heard. A lost connection is opened anew with the conversation so far.
 *
 * ```ts
 * const agent = createVoiceAgent({
 *   realtime: openaiRealtime({ model: 'gpt-realtime', voice: 'marin' }),
 *   instructions: 'You are the assistant of a bakery. Be brief.',
 *   greeting: 'Hello, this is the AI assistant of the bakery.',
 * });
 * ```
 *
 * @throws ConfigurationError naming every option that is wrong. The key is looked for when it is needed.
 */
export function openaiRealtime(options: OpenAIRealtimeOptions = {}): RealtimeModel {
  return new OpenAIRealtime(resolveOpenAIRealtimeSettings(options));
}

class OpenAIRealtime implements RealtimeModel {
  readonly inputSampleRate: SampleRate;
  readonly outputSampleRate: SampleRate;
  readonly answersItself: boolean;
  readonly #settings: OpenAIRealtimeSettings;

  constructor(settings: OpenAIRealtimeSettings) {
    this.inputSampleRate = settings.sampleRate;
    this.outputSampleRate = settings.sampleRate;
    this.answersItself = settings.answersItself;
    this.#settings = settings;
  }

  async prepare(): Promise<void> {
    requireApiKey(this.#settings);
    await loadPhoneTransport();
  }

  async connect(options: RealtimeConnectOptions): Promise<RealtimeConnection> {
    const connection = new OpenAIConnection(this.#settings, options);
    await connection.open();
    return connection;
  }
}
