import type { AgentEngine, EngineContext, EngineFactory } from '../agent-engine.ts';
import { AGENT_SAMPLE_RATE } from '../session.ts';
import { SpeechCache } from '../speaking/speech-renderer.ts';
import { RealtimeEngine } from './realtime-engine.ts';
import type { RealtimeAgentSettings } from './realtime-options.ts';

/** Makes the engines of an agent whose model hears and speaks by itself. */
export class RealtimeEngines implements EngineFactory {
  readonly settings: RealtimeAgentSettings;
  readonly #cache: SpeechCache | undefined;

  constructor(settings: RealtimeAgentSettings) {
    this.settings = settings;
    const { tts } = settings;
    this.#cache = tts && new SpeechCache(tts, (text) => text, AGENT_SAMPLE_RATE);
  }

  async prepare(): Promise<void> {
    const { realtime, vad, tts, tools, apology } = this.settings;
    const cache = this.#cache;
    await Promise.all([
      realtime.prepare?.(),
      vad?.prepare?.(),
      tts?.prepare?.(),
      // For the tools' schemas.
      typeof tools === 'function' || Object.keys(tools).length > 0 ? import('ai') : undefined,
    ]);
    if (cache) await Promise.all(Object.values(apology).map((text) => cache.get(text)));
  }

  create(context: EngineContext): AgentEngine {
    return new RealtimeEngine(this.settings, this.#cache, context);
  }
}
