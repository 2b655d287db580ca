import type { ConfigurationProblem } from '@phone-agents/core';
import { z } from 'zod';
import { choice, demanded, standInAddress } from '../setting-types.ts';

/** Recogniser, language model and synthesiser of three vendors. */
export interface PipelineAgentSettings {
  readonly kind: 'pipeline';
  readonly deepgram: {
    readonly apiKey: string;
    readonly model?: string | undefined;
    readonly language?: string | undefined;
    readonly baseUrl?: string | undefined;
  };
  readonly elevenLabs: {
    readonly apiKey: string;
    readonly voice?: string | undefined;
    readonly baseUrl?: string | undefined;
  };
  readonly languageModel: {
    readonly apiKey: string;
    readonly name: string;
    readonly baseUrl?: string | undefined;
  };
}

/** One model that hears, thinks and speaks. */
export interface OpenAIAgentSettings {
  readonly kind: 'openai';
  readonly apiKey: string;
  readonly model?: string | undefined;
  readonly voice?: string | undefined;
  readonly baseUrl?: string | undefined;
}

/** Who answers. */
export type AgentSettings =
  { readonly kind: 'offline' } | PipelineAgentSettings | OpenAIAgentSettings;

const socketAddress = z
  .url({ protocol: /^wss?$/, error: 'must be a ws or wss address' })
  .optional();

/** The settings of the environment that are about the agent. */
export const agentShape = {
  AGENT: choice(['offline', 'pipeline', 'openai']).default('offline'),
  OPENAI_API_KEY: z.string().optional(),
  OPENAI_MODEL: z.string().default('gpt-5-mini'),
  OPENAI_BASE_URL: standInAddress,
  OPENAI_REALTIME_MODEL: z.string().optional(),
  OPENAI_REALTIME_VOICE: z.string().optional(),
  OPENAI_REALTIME_BASE_URL: socketAddress,
  DEEPGRAM_API_KEY: z.string().optional(),
  DEEPGRAM_MODEL: z.string().optional(),
  DEEPGRAM_LANGUAGE: z.string().optional(),
  DEEPGRAM_BASE_URL: socketAddress,
  ELEVENLABS_API_KEY: z.string().optional(),
  ELEVENLABS_VOICE: z.string().optional(),
  ELEVENLABS_BASE_URL: standInAddress,
};

/** The settings of the environment that are about the agent, as they are read. */
export type AgentEnvironment = z.infer<z.ZodObject<typeof agentShape>>;

const KEYS = {
  OPENAI_API_KEY: 'is missing; make an API key in the OpenAI dashboard',
  DEEPGRAM_API_KEY: 'is missing; make an API key in the Deepgram console',
  ELEVENLABS_API_KEY: 'is missing; make an API key in the ElevenLabs settings',
} as const;

const KEYS_OF: Readonly<Record<string, readonly (keyof typeof KEYS)[]>> = {
  pipeline: ['OPENAI_API_KEY', 'DEEPGRAM_API_KEY', 'ELEVENLABS_API_KEY'],
  openai: ['OPENAI_API_KEY'],
};

/** The keys that the chosen agent needs and that are not there. */
export function problemsOfAgent(
  environment: Readonly<Record<string, string | undefined>>,
): ConfigurationProblem[] {
  const needed = KEYS_OF[environment['AGENT']?.toLowerCase() ?? ''] ?? [];
  return needed.flatMap((setting) =>
    environment[setting] === undefined ? [{ setting, problem: KEYS[setting] }] : [],
  );
}

export function agentOf(environment: AgentEnvironment): AgentSettings {
  if (environment.AGENT === 'openai') {
    return {
      kind: 'openai',
      apiKey: demanded(environment.OPENAI_API_KEY),
      model: environment.OPENAI_REALTIME_MODEL,
      voice: environment.OPENAI_REALTIME_VOICE,
      baseUrl: environment.OPENAI_REALTIME_BASE_URL,
    };
  }
  if (environment.AGENT === 'offline') return { kind: 'offline' };
  return {
    kind: 'pipeline',
    deepgram: {
      apiKey: demanded(environment.DEEPGRAM_API_KEY),
      model: environment.DEEPGRAM_MODEL,
      language: environment.DEEPGRAM_LANGUAGE,
      baseUrl: environment.DEEPGRAM_BASE_URL,
    },
    elevenLabs: {
      apiKey: demanded(environment.ELEVENLABS_API_KEY),
      voice: environment.ELEVENLABS_VOICE,
      baseUrl: environment.ELEVENLABS_BASE_URL,
    },
    languageModel: {
      apiKey: demanded(environment.OPENAI_API_KEY),
      name: environment.OPENAI_MODEL,
      baseUrl: environment.OPENAI_BASE_URL,
    },
  };
}
