import { createOpenAI } from '@ai-sdk/openai';
import type { VoiceAgent } from '@phone-agents/agent';
import { createVoiceAgent } from '@phone-agents/agent';
import { deepgramSpeechToText } from '@phone-agents/deepgram';
import { elevenLabsTextToSpeech } from '@phone-agents/elevenlabs';
import { offlineTextToSpeech, offlineVoiceActivity } from '@phone-agents/offline';
import type { Knowledge } from '../knowledge.ts';
import type { PipelineAgentSettings } from './agent-settings.ts';
import type { AppAgent } from './app-agent.ts';
import { callTools } from './call-tools.ts';
import { greetingOf, instructionsOf } from './instructions.ts';

/** Makes the agent of Deepgram's recognition, OpenAI's language model and ElevenLabs' speech. */
export async function createPipelineAgent(
  settings: PipelineAgentSettings,
  knowledge: Knowledge,
  destinations: readonly string[],
): Promise<AppAgent> {
  const { languageModel, elevenLabs } = settings;
  const stt = deepgramSpeechToText({ ...settings.deepgram, keyterms: [knowledge.name] });
  const tts = elevenLabsTextToSpeech(elevenLabs);
  // Speaks where ElevenLabs cannot.
  const fallbackTts = offlineTextToSpeech();
  const vad = offlineVoiceActivity();
  const openai = createOpenAI({
    apiKey: languageModel.apiKey,
    ...(languageModel.baseUrl === undefined ? {} : { baseURL: languageModel.baseUrl }),
  });
  const model = openai.chat(languageModel.name);
  const createAgent = (instructions: string): VoiceAgent =>
    createVoiceAgent({
      stt,
      vad,
      model,
      tts,
      fallbackTts,
      instructions,
      greeting: greetingOf(knowledge),
      tools: callTools(destinations),
    });
  const agent = createAgent(instructionsOf(knowledge));
  await agent.prepare();
  return {
    agent,
    knowledge,
    speechRecognition: 'on (Deepgram)',
    createAgent,
    close: async () => {
      await Promise.all([stt.close?.(), tts.close?.(), fallbackTts.close?.(), vad.close?.()]);
    },
  };
}
