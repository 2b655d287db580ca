import type { VoiceAgent } from '@phone-agents/agent';
import { createVoiceAgent } from '@phone-agents/agent';
import { offlineVoiceActivity } from '@phone-agents/offline';
import { openaiRealtime } from '@phone-agents/openai';
import type { AgentBrief } from './agent-brief.ts';
import { greetingOf } from './agent-brief.ts';
import type { OpenAIAgentSettings } from './agent-settings.ts';
import type { AppAgent } from './app-agent.ts';

/** Makes the agent whose model hears, thinks and speaks. */
export async function createOpenAIAgent(
  settings: OpenAIAgentSettings,
  brief: AgentBrief,
): Promise<Omit<AppAgent, 'sampleKey'>> {
  const { apiKey, model, voice, baseUrl } = settings;
  const realtime = openaiRealtime({ apiKey, model, voice, baseUrl });
  const vad = offlineVoiceActivity();
  const createAgent = (instructions: string): VoiceAgent =>
    createVoiceAgent({
      realtime,
      vad,
      instructions,
      greeting: greetingOf(brief),
      tools: brief.tools,
    });
  const agent = createAgent(brief.instructions);
  await agent.prepare();
  return {
    agent,
    name: brief.name,
    speechRecognition: 'on (OpenAI)',
    createAgent,
    close: async () => {
      await vad.close?.();
    },
  };
}
