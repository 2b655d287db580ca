import type { EdgeTransport, Logger } from '@phone-agents/core';
import { createLocalEdge } from '@phone-agents/core';
import { createStreamVideoEdge } from '@phone-agents/stream-video';
import type { EdgeSettings } from './settings.ts';

/** Makes the place where phones and agents meet: in this process, or a call on Stream. */
export function createEdge(settings: EdgeSettings, logger: Logger): EdgeTransport {
  if (settings.kind === 'local') return createLocalEdge({ logger });
  const { apiKey, apiSecret, baseUrl } = settings;
  // All settings are read in one place, so the edge reads none of them itself.
  return createStreamVideoEdge({ apiKey, apiSecret, baseUrl, logger, environment: {} });
}
