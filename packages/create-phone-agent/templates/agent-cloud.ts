import { openai } from '@ai-sdk/openai';
import { createVoiceAgent } from '@phone-agents/agent';
import type { VoiceAgent } from '@phone-agents/agent';
import { deepgramSpeechToText } from '@phone-agents/deepgram';
import { elevenLabsTextToSpeech } from '@phone-agents/elevenlabs';
import { offlineVoiceActivity } from '@phone-agents/offline';
import { tool } from 'ai';
import { z } from 'zod';
import { createAgent as createOfflineAgent } from './offline-agent.ts';

const KEYS = ['OPENAI_API_KEY', 'DEEPGRAM_API_KEY', 'ELEVENLABS_API_KEY'];

/** Deepgram hears, a model of OpenAI's thinks, ElevenLabs speaks. Without their keys: offline. */
export async function createAgent(): Promise<VoiceAgent> {
  const missing = KEYS.filter((key) => !process.env[key]);
  if (missing.length > 0) {
    console.log(`The agent is the offline one: ${missing.join(', ')} not set.`);
    return createOfflineAgent();
  }
  return createVoiceAgent({
    greeting: 'Hello, this is an AI assistant. How can I help you?',
    instructions:
      'You answer the phone of a small shop, open from Monday to Friday, nine to five. ' +
      'You are heard and not read: speak in short sentences, without lists or symbols. ' +
      'What you do not know, say so.',
    model: openai('gpt-5-mini'),
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
    stt: deepgramSpeechToText(),
    tts: elevenLabsTextToSpeech(),
    vad: offlineVoiceActivity(),
  });
}
