import { z } from 'zod';
import type { RealtimeAgentOptions } from './realtime-options.ts';

const QUESTION = 'Press 1 to take the call, or 2 to decline.';
const INSTRUCTIONS =
  'You have told a colleague what a phone call is about that is to be put through to them. They press 1 to take it or 2 to decline; if they say so instead, call the tool. Answer nothing else.';

/**
 * The agent that tells somebody what a transferred call is about and asks whether they take it. It has
 * the same model as the agent that transfers. Keys are counted by the phone.
 */
export function realtimeBriefingOptions(
  { realtime, vad, tts, userId, name }: RealtimeAgentOptions,
  announcement: string,
): RealtimeAgentOptions {
  return {
    realtime,
    vad,
    tts,
    userId,
    name,
    greeting: `${announcement} ${QUESTION}`,
    silence: { afterMs: 5_000, prompts: [QUESTION, QUESTION], goodbye: false },
    // Who is told hears a colleague's machine; what it says is the announcement.
    aiDisclosure: false,
    instructions: INSTRUCTIONS,
    tools: ({ call }) => ({
      decide: {
        description: 'Takes the call, or declines it.',
        inputSchema: z.object({ takesTheCall: z.boolean() }),
        execute: ({ takesTheCall }: { takesTheCall: boolean }) => {
          call.answerTransfer(takesTheCall);
          return 'Say nothing more.';
        },
      },
    }),
  };
}
