import type { Logger } from '@phone-agents/core';
import type { AppAgent } from './agents/app-agent.ts';
import { createAppAgent } from './agents/create-app-agent.ts';
import type { Settings } from './settings.ts';
import { openSupportKnowledge } from './support/support-knowledge.ts';

/**
 * Makes who answers the calls: from documents where there is a folder of them, else from the knowledge
 * file.
 *
 * @throws ConfigurationError where the folder gives nothing to answer from, or a key is not as it should be.
 */
export async function createAnswering(settings: Settings, logger: Logger): Promise<AppAgent> {
  const destinations = Object.keys(settings.outbound.destinations);
  if (settings.knowledge === undefined) return createAppAgent(settings.agent, { destinations });
  const { lookUp } = settings.knowledge;
  const documents = await openSupportKnowledge({
    ...settings.knowledge,
    transferTo: destinations[0],
    logger,
  });
  try {
    const app = await createAppAgent(settings.agent, { documents, lookUp, destinations });
    return {
      ...app,
      close: async () => {
        await app.close();
        await documents.close();
      },
    };
  } catch (error) {
    await documents.close();
    throw error;
  }
}
