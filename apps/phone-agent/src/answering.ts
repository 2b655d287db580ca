import type { VoiceAgent } from '@phone-agents/agent';
import type { Logger } from '@phone-agents/core';
import { createAppAgent } from './agents/app-agent.ts';
import type { ServerOptions } from './server.ts';
import type { Settings } from './settings.ts';
import { createSupportAgent } from './support/support-agent.ts';
import { openSupportKnowledge } from './support/support-knowledge.ts';

/** Who answers the calls, as the settings have it. */
export interface Answering extends Pick<ServerOptions, 'createAgent'> {
  readonly agent: VoiceAgent;
  /** Whom it answers for. */
  readonly name: string;
  /** `on`, or `off (why)`, or by whom. */
  readonly speechRecognition: string;
  /** A key that it answers, where it answers any. */
  readonly sampleKey: string | undefined;
  close(): Promise<void>;
}

/** Makes the agent: from documents where there is a folder of them, else from the knowledge file. */
export async function createAnswering(settings: Settings, logger: Logger): Promise<Answering> {
  const destinations = Object.keys(settings.outbound.destinations);
  if (settings.knowledge === undefined) {
    const app = await createAppAgent(settings.agent, { destinations });
    const { name, topics } = app.knowledge;
    const sampleKey = topics.find(({ key }) => key !== undefined)?.key ?? '0';
    return { ...app, name, sampleKey };
  }
  const knowledge = await openSupportKnowledge({
    ...settings.knowledge,
    transferTo: destinations[0],
    logger,
  });
  const support = await createSupportAgent({ knowledge });
  const because = support.keypadOnlyBecause;
  return {
    agent: support.agent,
    close: () => support.close(),
    name: knowledge.name,
    speechRecognition: because === undefined ? 'on' : `off (${because})`,
    sampleKey: undefined,
  };
}
