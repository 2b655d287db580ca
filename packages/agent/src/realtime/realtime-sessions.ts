import type { EdgeCall, EdgeParticipant, EdgeParticipantContext } from '@phone-agents/core';
import type { AgentSession, SessionMaker } from '../session.ts';
import { AGENT_SAMPLE_RATE } from '../session.ts';
import { SpeechCache } from '../speaking/speech-renderer.ts';
import type { RealtimeAgentSettings } from './realtime-options.ts';
import { RealtimeSession } from './realtime-session.ts';

/** Makes the sessions of an agent whose model hears and speaks by itself. */
export class RealtimeSessions implements SessionMaker {
  readonly #settings: RealtimeAgentSettings;
  readonly #cache: SpeechCache | undefined;
  readonly #createBriefing: (announcement: string) => EdgeParticipant;

  /** @param createBriefing Makes who talks to the target of a warm transfer. */
  constructor(
    settings: RealtimeAgentSettings,
    createBriefing: (announcement: string) => EdgeParticipant,
  ) {
    this.#settings = settings;
    this.#createBriefing = createBriefing;
    const { tts } = settings;
    this.#cache = tts && new SpeechCache(tts, (text) => text, AGENT_SAMPLE_RATE);
  }

  async prepare(): Promise<void> {
    const { realtime, vad, tts, tools, apology } = this.#settings;
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

  async open(edgeCall: EdgeCall, context: EdgeParticipantContext): Promise<AgentSession> {
    const session = new RealtimeSession(this.#settings, this.#cache, context, this.#createBriefing);
    await session.open(edgeCall);
    return session;
  }
}
