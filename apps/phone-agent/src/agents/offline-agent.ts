import { readFile } from 'node:fs/promises';
import type { TextToSpeech, VoiceAgent } from '@phone-agents/agent';
import { createVoiceAgent } from '@phone-agents/agent';
import {
  offlineSpeechToText,
  offlineTextToSpeech,
  offlineVoiceActivity,
} from '@phone-agents/offline';
import type { Knowledge } from '../knowledge.ts';
import { describeKeys, parseKnowledge } from '../knowledge.ts';
import { whyNoRecognition } from '../recognition.ts';
import { MENU_KEY, createResponder } from '../responder.ts';

/** What the sample agent knows, unless another file is given. */
export const CLINIC_FILE = new URL('../../knowledge/clinic.md', import.meta.url);

/**
 * Reads what an agent knows; default the clinic.
 *
 * @throws ConfigurationError where the file is not as it should be.
 */
export async function readKnowledge(file: string | URL = CLINIC_FILE): Promise<Knowledge> {
  return parseKnowledge(await readFile(file, 'utf8'));
}

export interface OfflineAgentOptions {
  /** What it knows; default the clinic. */
  readonly knowledgeFile?: string | URL | undefined;
  /** Why it must not recognise speech, though it may be able to. */
  readonly keypadOnlyBecause?: string | undefined;
}

/** The agent that needs no account and no network. */
export interface OfflineAgent {
  readonly agent: VoiceAgent;
  readonly knowledge: Knowledge;
  /** Undefined where speech is recognised, else why not. */
  readonly keypadOnlyBecause: string | undefined;
  /** Frees the workers that speak and listen. */
  close(): Promise<void>;
}

/**
 * Makes the offline agent: it speaks and listens on this machine, and answers from a knowledge file.
 * Where speech cannot be recognised here it serves keys only, and says so in its greeting.
 *
 * @throws ConfigurationError where the knowledge file is not as it should be.
 */
export async function createOfflineAgent(options: OfflineAgentOptions = {}): Promise<OfflineAgent> {
  const knowledge = await readKnowledge(options.knowledgeFile);
  const keypadOnlyBecause = options.keypadOnlyBecause ?? (await whyNoRecognition());
  const responder = createResponder(knowledge.topics);
  const tts = offlineTextToSpeech();
  const hearing =
    keypadOnlyBecause === undefined
      ? {
          stt: offlineSpeechToText({
            phrases: knowledge.topics.flatMap((topic) => topic.questions),
          }),
          vad: offlineVoiceActivity(),
        }
      : undefined;
  const agent = createVoiceAgent({
    greeting: greet(knowledge, hearing !== undefined),
    tts,
    responder,
    ...hearing,
  });
  await agent.prepare();
  const closing = new AbortController();
  // Not awaited: what is asked for first is rendered first.
  void renderBeforehand(tts, knowledge, closing.signal);
  return {
    agent,
    knowledge,
    keypadOnlyBecause,
    close: async () => {
      closing.abort();
      await Promise.all([tts.close?.(), hearing?.stt.close?.(), hearing?.vad.close?.()]);
    },
  };
}

/** All answers are known, so they wait in the synthesiser's cache when they are asked for. */
async function renderBeforehand(
  tts: TextToSpeech,
  { topics }: Knowledge,
  signal: AbortSignal,
): Promise<void> {
  for (const text of [...topics.map(({ answer }) => answer), describeKeys(topics)]) {
    try {
      for await (const _samples of tts.synthesize(text, { signal })) continue;
    } catch {
      // The call that needs the sentence will tell.
    }
    if (signal.aborted) return;
  }
}

/** What the agent says first. */
export function greet(knowledge: Knowledge, listens: boolean): string {
  const hello = `Hello, this is the AI assistant of ${knowledge.name}.`;
  return listens
    ? `${hello} How can I help you? For a menu of keys, press ${MENU_KEY}.`
    : `${hello} ${describeKeys(knowledge.topics)}`;
}
