import type { AgentEngine, EngineContext, EngineFactory } from '../agent-engine.ts';
import { PipelineEngine } from './pipeline-engine.ts';
import { AGENT_SAMPLE_RATE } from '../session.ts';
import { SpeechCache } from '../speaking/speech-cache.ts';
import type { VoiceAgentSettings } from '../voice-agent-settings.ts';
import { likelyPhrases } from '../voice-agent-settings.ts';

/** Makes the engines of an agent that is made of recogniser, model and synthesiser. */
export class PipelineEngines implements EngineFactory {
  readonly settings: VoiceAgentSettings;
  readonly #cache: SpeechCache;

  constructor(settings: VoiceAgentSettings) {
    this.settings = settings;
    this.#cache = new SpeechCache(settings.tts, settings.speakable, AGENT_SAMPLE_RATE);
  }

  async prepare(): Promise<void> {
    const { tts, fallbackTts, hearing, thinking, fixedSentences } = this.settings;
    const phrases = likelyPhrases(this.settings);
    await Promise.all([
      tts.prepare?.(),
      fallbackTts?.prepare?.(),
      hearing?.vad.prepare?.(),
      hearing?.stt.prepare?.({ phrases }),
      // The first answer need not wait for the SDK to load.
      thinking.kind === 'model' ? import('ai') : undefined,
    ]);
    await Promise.all(fixedSentences.map((sentence) => this.#cache.get(sentence)));
  }

  create(context: EngineContext): AgentEngine {
    return new PipelineEngine(this.settings, this.#cache, context);
  }
}
