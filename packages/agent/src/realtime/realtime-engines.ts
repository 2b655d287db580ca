import type { AgentEngine, EngineContext, EngineFactory } from '../agent-engine.ts';
import type { RealtimeModel } from '../realtime-model.ts';
import { AGENT_SAMPLE_RATE } from '../session.ts';
import { SpeechCache } from '../speaking/speech-cache.ts';
import type { TextToSpeech } from '../speaking/text-to-speech.ts';
import { RealtimeEngine } from './realtime-engine.ts';
import type { RealtimeAgentSettings } from './realtime-options.ts';
import { RealtimeVoice } from './realtime-voice.ts';

/** What models have said beforehand, for all agents that have the same: one is often made for each call. */
const spokenBy = new WeakMap<RealtimeModel, SpeechCache>();

/** Makes the engines of an agent whose model hears and speaks by itself. */
export class RealtimeEngines implements EngineFactory {
  readonly settings: RealtimeAgentSettings;
  readonly #cache: SpeechCache;

  constructor(settings: RealtimeAgentSettings) {
    this.settings = settings;
    const { realtime, tts } = settings;
    this.#cache = tts
      ? cacheFor(tts)
      : (spokenBy.get(realtime) ?? cacheFor(new RealtimeVoice(realtime)));
    if (!tts) spokenBy.set(realtime, this.#cache);
  }

  async prepare(): Promise<void> {
    const { realtime, vad, tts, tools, fixedSentences } = this.settings;
    await Promise.all([
      realtime.prepare?.(),
      vad?.prepare?.(),
      tts?.prepare?.(),
      // For the tools' schemas.
      typeof tools === 'function' || Object.keys(tools).length > 0 ? import('ai') : undefined,
    ]);
    await Promise.all(fixedSentences.map((text) => this.#cache.get(text)));
  }

  create(context: EngineContext): AgentEngine {
    return new RealtimeEngine(this.settings, this.#cache, context);
  }
}

function cacheFor(voice: TextToSpeech): SpeechCache {
  return new SpeechCache(voice, (text) => text, AGENT_SAMPLE_RATE);
}
