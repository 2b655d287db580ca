import { createVoiceAgent } from '@phone-agents/agent';
import type { VoiceAgent } from '@phone-agents/agent';
import { offlineVoiceActivity } from '@phone-agents/offline';
import { openaiRealtime } from '@phone-agents/openai';
import { tool } from 'ai';
import { z } from 'zod';
import { createAgent as createOfflineAgent } from './offline-agent.ts';

/** One model of OpenAI's hears, thinks and speaks. Without its key: offline. */
export async function createAgent(): Promise<VoiceAgent> {
  if (!process.env.OPENAI_API_KEY) {
    console.log('The agent is the offline one: OPENAI_API_KEY not set.');
    return createOfflineAgent();
  }
  return createVoiceAgent({
    realtime: openaiRealtime(),
    greeting: 'Hello, this is an AI assistant. How can I help you?',
    instructions:
      'You answer the phone of a small shop, open from Monday to Friday, nine to five. ' +
      'Speak in short sentences. What you do not know, say so.',
    tools: ({ call }) => ({
      endCall: tool({
        description: 'Hangs up, after the caller has said goodbye.',
        inputSchema: z.object({}),
        execute: () => {
          void call.hangUp({ afterPlayout: true });
          return 'Say goodbye.';
        },
      }),
    }),
    // Tells speech from a cough while the agent speaks.
    vad: offlineVoiceActivity(),
  });
}
