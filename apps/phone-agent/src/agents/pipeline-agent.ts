import { createOpenAI } from '@ai-sdk/openai';
import type { VoiceAgent } from '@phone-agents/agent';
import { createVoiceAgent } from '@phone-agents/agent';
import { deepgramSpeechToText } from '@phone-agents/deepgram';
import { elevenLabsTextToSpeech } from '@phone-agents/elevenlabs';
import { offlineTextToSpeech, offlineVoiceActivity } from '@phone-agents/offline';
import { knowledgeMiddleware } from '@phone-agents/knowledge';
import { wrapLanguageModel } from 'ai';
import type { AgentBrief } from './agent-brief.ts';
import { greetingOf } from './agent-brief.ts';
import type { PipelineAgentSettings } from './agent-settings.ts';
import type { AppAgent } from './app-agent.ts';

/** Makes the agent of Deepgram's recognition, OpenAI's language model and ElevenLabs' speech. */
export async function createPipelineAgent(
  settings: PipelineAgentSettings,
  brief: AgentBrief,
): Promise<Omit<AppAgent, 'sampleKey'>> {
  const { languageModel, elevenLabs } = settings;
  const stt = deepgramSpeechToText({ ...settings.deepgram, keyterms: [brief.name] });
  const tts = elevenLabsTextToSpeech(elevenLabs);
  // Speaks where ElevenLabs cannot.
  const fallbackTts = offlineTextToSpeech();
  const vad = offlineVoiceActivity();
  const openai = createOpenAI({
    apiKey: languageModel.apiKey,
    ...(languageModel.baseUrl === undefined ? {} : { baseURL: languageModel.baseUrl }),
  });
  const chat = openai.chat(languageModel.name);
  const model = brief.context
    ? wrapLanguageModel({ model: chat, middleware: knowledgeMiddleware(brief.context) })
    : chat;
  const createAgent = (instructions: string): VoiceAgent =>
    createVoiceAgent({
      stt,
      vad,
      model,
      tts,
      fallbackTts,
      instructions,
      greeting: greetingOf(brief),
      tools: brief.tools,
    });
  const agent = createAgent(brief.instructions);
  await agent.prepare();
  return {
    agent,
    name: brief.name,
    speechRecognition: 'on (Deepgram)',
    createAgent,
    close: async () => {
      await Promise.all([stt.close?.(), tts.close?.(), fallbackTts.close?.(), vad.close?.()]);
    },
  };
}
