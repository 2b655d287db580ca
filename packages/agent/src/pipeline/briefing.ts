import type { RespondFunction } from '../thinking/responder.ts';
import type { VoiceAgentOptions } from '../voice-agent-options.ts';

const QUESTION = 'Press 1 to take the call, or 2 to decline.';
const YES = /\b(?:yes|yeah|sure|ok|okay|alright|all right|put (?:them|him|her) through)\b/i;
const NO = /\b(?:no|not|nope|decline|busy)\b/i;

/**
 * The agent that tells somebody what a transferred call is about and asks whether they take it. It
 * speaks and hears with the same engines as the agent that transfers. Keys are counted by the phone.
 */
export function briefingOptions(
  { tts, fallbackTts, stt, vad, language, speakable, userId, name }: VoiceAgentOptions,
  announcement: string,
): VoiceAgentOptions {
  const respond: RespondFunction = ({ text, call }) => {
    const decision = NO.test(text) ? false : YES.test(text) ? true : undefined;
    if (decision === undefined) return `${announcement} ${QUESTION}`;
    call.answerTransfer(decision);
    return '';
  };
  return {
    greeting: `${announcement} ${QUESTION}`,
    // Who is told hears a colleague's machine; what it says is the announcement.
    aiDisclosure: false,
    responder: { respond, respondToDigit: () => undefined },
    silence: { afterMs: 5_000, prompts: [QUESTION, QUESTION], goodbye: false },
    tts,
    fallbackTts,
    stt,
    vad,
    language,
    speakable,
    userId,
    name,
  };
}
