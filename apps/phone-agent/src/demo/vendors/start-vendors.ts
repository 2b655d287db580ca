import { createDeepgramStandIn } from '@phone-agents/deepgram/testing';
import { createElevenLabsStandIn } from '@phone-agents/elevenlabs/testing';
import { createOpenAIRealtimeStandIn } from '@phone-agents/openai/testing';
import type { AgentSettings } from '../../agents/agent-settings.ts';
import type { Knowledge } from '../../knowledge.ts';
import { createChatStandIn } from './chat-stand-in.ts';
import type { StandInThink } from './stand-in-mind.ts';
import { createStandInMind } from './stand-in-mind.ts';

/** Stand-ins of the vendors that an agent needs. */
export interface Vendors {
  /** The settings that lead to them. */
  readonly environment: Readonly<Record<string, string>>;
  /** What is told of them; empty where there are none. */
  readonly description: string;
  close(): Promise<void>;
}

export interface VendorsOptions {
  /** Callers will speak: what hears and speaks is loaded beforehand. */
  readonly isSpoken: boolean;
  /** Thinks up the models' answers; default from the knowledge file. */
  readonly think?: StandInThink | undefined;
}

/** Starts stand-ins, on this machine, of the vendors that an agent of this kind needs. */
export async function startVendors(
  kind: AgentSettings['kind'],
  knowledge: Knowledge,
  { isSpoken, think: given }: VendorsOptions,
): Promise<Vendors> {
  if (kind === 'offline') {
    return { environment: { AGENT: kind }, description: '', close: () => Promise.resolve() };
  }
  const mind = createStandInMind(knowledge);
  if (isSpoken) await mind.prepare();
  const think = given ?? mind.think;
  const hear = (samples: Int16Array, rate: number): Promise<string> => mind.hear(samples, rate);
  const speak = (text: string, rate: number): AsyncIterable<Int16Array> => mind.speak(text, rate);
  if (kind === 'openai') {
    const standIn = await createOpenAIRealtimeStandIn({
      hear,
      speak,
      think: ({ from, text, responseInstructions = '', conversation }) => {
        const words = /^Say exactly this[^:]*: (.+)$/s.exec(responseInstructions)?.[1];
        const asked = conversation.findLast(({ role }) => role === 'user')?.text ?? text;
        const toolOutput = from === 'tool' ? text : undefined;
        return words ?? think({ text: asked, toolOutput });
      },
    });
    return {
      environment: {
        AGENT: kind,
        OPENAI_API_KEY: standIn.apiKey,
        OPENAI_REALTIME_BASE_URL: standIn.url,
      },
      description: "a stand-in of OpenAI's Realtime API on this machine",
      close: async () => {
        await standIn.close();
        await mind.close();
      },
    };
  }
  const [deepgram, elevenLabs, chat] = await Promise.all([
    createDeepgramStandIn({ hear }),
    createElevenLabsStandIn({ speak }),
    createChatStandIn(think),
  ]);
  return {
    environment: {
      AGENT: kind,
      DEEPGRAM_API_KEY: deepgram.apiKey,
      DEEPGRAM_BASE_URL: deepgram.url,
      ELEVENLABS_API_KEY: elevenLabs.apiKey,
      ELEVENLABS_BASE_URL: elevenLabs.url,
      OPENAI_API_KEY: chat.apiKey,
      OPENAI_BASE_URL: chat.url,
    },
    description: 'stand-ins of Deepgram, ElevenLabs and a language model on this machine',
    close: async () => {
      await Promise.all([deepgram.close(), elevenLabs.close(), chat.close()]);
      await mind.close();
    },
  };
}
