import type { EdgeCall, EdgeParticipant, EdgeParticipantContext } from '@phone-agents/core';
import { PipelineSession } from './pipeline-session.ts';
import type { AgentSession, SessionMaker } from './session.ts';
import { AGENT_SAMPLE_RATE } from './session.ts';
import { SpeechCache } from './speaking/speech-renderer.ts';
import type { VoiceAgentSettings } from './voice-agent-settings.ts';
import { likelyPhrases } from './voice-agent-settings.ts';

/** Makes the sessions of an agent that is made of recogniser, model and synthesiser. */
export class PipelineSessions implements SessionMaker {
  readonly #settings: VoiceAgentSettings;
  readonly #cache: SpeechCache;
  readonly #createBriefing: (announcement: string) => EdgeParticipant;

  /** @param createBriefing Makes who talks to the target of a warm transfer. */
  constructor(
    settings: VoiceAgentSettings,
    createBriefing: (announcement: string) => EdgeParticipant,
  ) {
    this.#settings = settings;
    this.#createBriefing = createBriefing;
    this.#cache = new SpeechCache(settings.tts, settings.speakable, AGENT_SAMPLE_RATE);
  }

  async prepare(): Promise<void> {
    const { tts, fallbackTts, hearing, thinking, fixedSentences } = this.#settings;
    const phrases = likelyPhrases(this.#settings);
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

  async open(edgeCall: EdgeCall, context: EdgeParticipantContext): Promise<AgentSession> {
    const session = new PipelineSession(this.#settings, this.#cache, context, this.#createBriefing);
    await session.open(edgeCall);
    return session;
  }
}
