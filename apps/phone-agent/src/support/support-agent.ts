import type { VoiceAgent, VoiceAgentOptions } from '@phone-agents/agent';
import { createVoiceAgent, phoneTools } from '@phone-agents/agent';
import { knowledgeTools } from '@phone-agents/knowledge';
import {
  offlineSpeechToText,
  offlineTextToSpeech,
  offlineVoiceActivity,
} from '@phone-agents/offline';
import { whyNoRecognition } from '../recognition.ts';
import { extractiveModel } from './extractive-model.ts';
import type { SupportKnowledge } from './support-knowledge.ts';

/** Callers ask in their own words, which score less than sentences that the recogniser knows. */
const LOWEST_SCORE = -65;

export interface SupportAgentOptions {
  /** Why it must not recognise speech, though it may be able to. */
  readonly keypadOnlyBecause?: string | undefined;
}

/** An agent that answers from documents, on this machine. */
export interface SupportAgent {
  readonly agent: VoiceAgent;
  /** Undefined where speech is recognised, else why not. */
  readonly keypadOnlyBecause: string | undefined;
  /** Frees the workers that speak and listen. */
  close(): Promise<void>;
}

/**
 * An agent that looks every question up in the documents and says the sentences that it found. Give
 * `createVoiceAgent` a language model in place of `extractiveModel`, and it is an agent that talks.
 */
export function supportAgent(
  { retriever, instructions, name }: SupportKnowledge,
  speech: Pick<VoiceAgentOptions, 'tts' | 'stt' | 'vad'>,
): VoiceAgent {
  const { transferTo } = retriever;
  const destinations = transferTo === undefined ? {} : { [transferTo]: 'People who know more.' };
  return createVoiceAgent({
    instructions,
    greeting: `Hello, this is the AI assistant of ${name}. What would you like to know?`,
    model: extractiveModel({ transferTo }),
    tools: (context) => ({
      ...phoneTools(context, { destinations }),
      ...knowledgeTools(retriever),
    }),
    ...speech,
  });
}

/** Makes that agent with speech that needs no account. */
export async function createSupportAgent(
  knowledge: SupportKnowledge,
  options: SupportAgentOptions = {},
): Promise<SupportAgent> {
  const { phrases } = knowledge;
  const keypadOnlyBecause = options.keypadOnlyBecause ?? (await whyNoRecognition());
  const tts = offlineTextToSpeech();
  const hearing =
    keypadOnlyBecause === undefined
      ? {
          stt: offlineSpeechToText({ phrases, minimumScorePerFrame: LOWEST_SCORE }),
          vad: offlineVoiceActivity(),
        }
      : undefined;
  const agent = supportAgent(knowledge, { tts, ...hearing });
  await agent.prepare();
  return {
    agent,
    keypadOnlyBecause,
    close: async () => {
      await Promise.all([tts.close?.(), hearing?.stt.close?.(), hearing?.vad.close?.()]);
    },
  };
}
