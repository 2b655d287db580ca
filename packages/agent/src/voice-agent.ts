import type {
  EdgeCall,
  EdgeParticipant,
  EdgeParticipantContext,
  Logger,
  Unsubscribe,
} from '@phone-agents/core';
import { Emitter, silentLogger } from '@phone-agents/core';
import { briefingOptions } from './pipeline/briefing.ts';
import type { EngineFactory } from './agent-engine.ts';
import { CallSession } from './call-session.ts';
import { PipelineEngines } from './pipeline/pipeline-engines.ts';
import { realtimeBriefingOptions } from './realtime/realtime-briefing.ts';
import type { RealtimeAgentOptions } from './realtime/realtime-options.ts';
import { resolveRealtimeOptions } from './realtime/realtime-options.ts';
import { RealtimeEngines } from './realtime/realtime-engines.ts';
import type { AgentSession } from './session.ts';
import type { VoiceAgentOptions } from './voice-agent-options.ts';
import { resolveOptions } from './voice-agent-settings.ts';

/** What an agent tells, by the name of the event. */
export interface VoiceAgentEvents {
  /** The agent has joined a call; the phone may still ring. */
  'session-started': AgentSession;
}

/**
 * Makes an agent that can take any number of calls at once. It does nothing until it joins one.
 *
 * ```ts
 * const agent = createVoiceAgent({
 *   greeting: 'Hello, this is the AI assistant of the town library.',
 *   instructions: 'You answer questions about the library. It opens at nine.',
 *   model: openai('gpt-5-mini'),
 *   stt, tts, vad,
 * });
 * const phone = createPhone({ provider, edge, answer: agent });
 * ```
 *
 * With `realtime` in place of `model`, `stt` and `tts`, one model hears, thinks and speaks.
 *
 * @throws ConfigurationError naming every option that is missing or wrong.
 */
export function createVoiceAgent(options: VoiceAgentOptions | RealtimeAgentOptions): VoiceAgent {
  if (options.realtime !== undefined) {
    return new VoiceAgent({
      engines: new RealtimeEngines(resolveRealtimeOptions(options)),
      createBriefing: (announcement) =>
        createVoiceAgent(realtimeBriefingOptions(options, announcement)),
      remake: (change) => createVoiceAgent(change(options)),
    });
  }
  return new VoiceAgent({
    engines: new PipelineEngines(resolveOptions(options)),
    createBriefing: (announcement) => createVoiceAgent(briefingOptions(options, announcement)),
    remake: (change) => createVoiceAgent(change(options)),
  });
}

/** Gives an agent's options, changed; of whichever kind they are. */
export type ChangeOptions = (
  options: VoiceAgentOptions | RealtimeAgentOptions,
) => VoiceAgentOptions | RealtimeAgentOptions;

/** What a {@link VoiceAgent} is made of. */
interface VoiceAgentParts {
  readonly engines: EngineFactory;
  /** Makes who talks to the target of a warm transfer. */
  readonly createBriefing: (announcement: string) => VoiceAgent;
  readonly remake: (change: ChangeOptions) => VoiceAgent;
}

/** Made by {@link createVoiceAgent}. */
export class VoiceAgent implements EdgeParticipant {
  readonly #parts: VoiceAgentParts;
  readonly #events: Emitter<VoiceAgentEvents>;
  #logger: Logger = silentLogger;

  /** For {@link createVoiceAgent}. */
  constructor(parts: VoiceAgentParts) {
    this.#parts = parts;
    this.#events = new Emitter((error) =>
      this.#logger.error({ error }, 'A listener of the agent failed'),
    );
  }

  /**
   * The same agent with other options: another model for one customer, engines for a test. Listeners of
   * this agent are told of the other's sessions too.
   *
   * @throws ConfigurationError naming every option that is missing or wrong.
   */
  with(change: ChangeOptions): VoiceAgent {
    const other = this.#parts.remake(change);
    other.on('session-started', (session) => this.#events.emit('session-started', session));
    return other;
  }

  /** Loads models and renders the fixed sentences before the first call, which is then as fast as the next. */
  prepare(): Promise<void> {
    return this.#parts.engines.prepare();
  }

  /**
   * Joins a call on the edge for one phone call: opens recognition and has the greeting made while the
   * phone rings. Rejects when that fails, and when the call ends meanwhile; nothing is left behind then.
   */
  async join(edgeCall: EdgeCall, context: EdgeParticipantContext): Promise<AgentSession> {
    this.#logger = context.logger;
    const { engines, createBriefing } = this.#parts;
    const session = new CallSession(engines, context, createBriefing);
    await session.open(edgeCall);
    this.#events.emit('session-started', session);
    return session;
  }

  /** Listens to the agent, to watch its sessions. */
  on<Name extends keyof VoiceAgentEvents>(
    name: Name,
    listener: (event: VoiceAgentEvents[Name]) => void,
  ): Unsubscribe {
    return this.#events.on(name, listener);
  }
}
