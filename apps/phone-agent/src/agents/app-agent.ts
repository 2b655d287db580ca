import type { VoiceAgent } from '@phone-agents/agent';
import type { Knowledge } from '../knowledge.ts';
import type { AgentSettings } from './agent-settings.ts';
import { createOfflineAgent, readKnowledge } from './offline-agent.ts';
import { createOpenAIAgent } from './openai-agent.ts';
import { createPipelineAgent } from './pipeline-agent.ts';

/** Who answers the app's calls. */
export interface AppAgent {
  readonly agent: VoiceAgent;
  readonly knowledge: Knowledge;
  /** `on`, by whom, or `off (why)`. */
  readonly speechRecognition: string;
  /** Makes the agent of a call that is placed with instructions; absent where it follows none. */
  readonly createAgent?: ((instructions: string) => VoiceAgent) | undefined;
  /** Frees what it has. */
  close(): Promise<void>;
}

export interface AppAgentOptions {
  /** What it knows; default the clinic. */
  readonly knowledgeFile?: string | URL | undefined;
  /** Why it must not recognise speech, though it may be able to; for the offline agent. */
  readonly keypadOnlyBecause?: string | undefined;
  /** Names of those to whom calls may be transferred. */
  readonly destinations?: readonly string[] | undefined;
}

/**
 * Makes the agent that the settings choose, ready for its first call.
 *
 * @throws ConfigurationError where the knowledge file or a vendor's key is not as it should be.
 */
export async function createAppAgent(
  settings: AgentSettings,
  options: AppAgentOptions = {},
): Promise<AppAgent> {
  if (settings.kind === 'offline') {
    const offline = await createOfflineAgent(options);
    const because = offline.keypadOnlyBecause;
    return {
      agent: offline.agent,
      knowledge: offline.knowledge,
      speechRecognition: because === undefined ? 'on' : `off (${because})`,
      close: () => offline.close(),
    };
  }
  const knowledge = await readKnowledge(options.knowledgeFile);
  const { destinations = [] } = options;
  return settings.kind === 'openai'
    ? createOpenAIAgent(settings, knowledge, destinations)
    : createPipelineAgent(settings, knowledge, destinations);
}
