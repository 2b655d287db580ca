import type { Knowledge } from '../knowledge.ts';
import { MENU_KEY } from '../responder.ts';
import type { KnowledgeLookUp } from '../support/knowledge-settings.ts';
import { createSupportAgent } from '../support/support-agent.ts';
import type { SupportKnowledge } from '../support/support-knowledge.ts';
import type { AgentBrief } from './agent-brief.ts';
import { briefOfDocuments, briefOfFile } from './agent-brief.ts';
import type { AgentSettings } from './agent-settings.ts';
import type { AppAgent } from './app-agent.ts';
import { createOfflineAgent, readKnowledge } from './offline-agent.ts';
import { createOpenAIAgent } from './openai-agent.ts';
import { createPipelineAgent } from './pipeline-agent.ts';

export interface AppAgentOptions {
  /** Documents that it answers from, in place of the knowledge file; they stay the caller's to close. */
  readonly documents?: SupportKnowledge | undefined;
  /** How a vendor's model comes by what stands in them; default by a tool. */
  readonly lookUp?: KnowledgeLookUp | undefined;
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
  const { documents, destinations = [], lookUp = 'tool' } = options;
  if (settings.kind === 'offline') {
    return documents ? offlineFromDocuments(documents, options) : offlineFromFile(options);
  }
  if (documents) {
    const brief = briefOfDocuments(documents, destinations, lookUp);
    return { ...(await createVendorAgent(settings, brief)), sampleKey: undefined };
  }
  const knowledge = await readKnowledge(options.knowledgeFile);
  const agent = await createVendorAgent(settings, briefOfFile(knowledge, destinations));
  return { ...agent, sampleKey: sampleKeyOf(knowledge) };
}

async function offlineFromFile(options: AppAgentOptions): Promise<AppAgent> {
  const offline = await createOfflineAgent(options);
  return {
    agent: offline.agent,
    name: offline.knowledge.name,
    speechRecognition: describeRecognition(offline.keypadOnlyBecause),
    sampleKey: sampleKeyOf(offline.knowledge),
    close: () => offline.close(),
  };
}

async function offlineFromDocuments(
  documents: SupportKnowledge,
  options: AppAgentOptions,
): Promise<AppAgent> {
  const support = await createSupportAgent(documents, options);
  return {
    agent: support.agent,
    name: documents.name,
    speechRecognition: describeRecognition(support.keypadOnlyBecause),
    sampleKey: undefined,
    close: () => support.close(),
  };
}

function createVendorAgent(
  settings: Exclude<AgentSettings, { kind: 'offline' }>,
  brief: AgentBrief,
): Promise<Omit<AppAgent, 'sampleKey'>> {
  return settings.kind === 'openai'
    ? createOpenAIAgent(settings, brief)
    : createPipelineAgent(settings, brief);
}

function describeRecognition(keypadOnlyBecause: string | undefined): string {
  return keypadOnlyBecause === undefined ? 'on' : `off (${keypadOnlyBecause})`;
}

function sampleKeyOf({ topics }: Knowledge): string {
  return topics.find(({ key }) => key !== undefined)?.key ?? MENU_KEY;
}
