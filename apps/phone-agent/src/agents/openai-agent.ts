import type { VoiceAgent } from '@phone-agents/agent';
import { createVoiceAgent } from '@phone-agents/agent';
import { offlineTextToSpeech, offlineVoiceActivity } from '@phone-agents/offline';
import { openaiRealtime } from '@phone-agents/openai';
import type { Knowledge } from '../knowledge.ts';
import type { OpenAIAgentSettings } from './agent-settings.ts';
import type { AppAgent } from './app-agent.ts';
import { callTools } from './call-tools.ts';
import { greetingOf, instructionsOf } from './instructions.ts';

/** Makes the agent whose model hears, thinks and speaks. */
export async function createOpenAIAgent(
  settings: OpenAIAgentSettings,
  knowledge: Knowledge,
  destinations: readonly string[],
): Promise<AppAgent> {
  const { apiKey, model, voice, baseUrl } = settings;
  const realtime = openaiRealtime({ apiKey, model, voice, baseUrl });
  const vad = offlineVoiceActivity();
  // For the sentences that must be said when the model cannot be reached.
  const tts = offlineTextToSpeech();
  const createAgent = (instructions: string): VoiceAgent =>
    createVoiceAgent({
      realtime,
      vad,
      tts,
      instructions,
      greeting: greetingOf(knowledge),
      tools: callTools(destinations),
    });
  const agent = createAgent(instructionsOf(knowledge));
  await agent.prepare();
  return {
    agent,
    knowledge,
    speechRecognition: 'on (OpenAI)',
    createAgent,
    close: async () => {
      await Promise.all([vad.close?.(), tts.close?.()]);
    },
  };
}
