import type { Responder } from '@phone-agents/agent';
import { createPhraseAnswers } from '@phone-agents/offline';
import type { Topic } from './knowledge.ts';
import { describeKeys } from './knowledge.ts';

/** The key that reads the menu out. */
export const MENU_KEY = '0';
export const UNKNOWN_QUESTION = 'I am sorry, I do not know that.';
export const UNKNOWN_KEY = 'There is nothing behind this key.';

/** Answers questions and keys from the topics of a knowledge file. */
export function createResponder(topics: readonly Topic[]): Responder {
  const menu = describeKeys(topics);
  const answers = createPhraseAnswers({
    entries: topics,
    otherwise: `${UNKNOWN_QUESTION} ${menu}`,
  });
  const byKey = new Map(topics.map(({ key, answer }) => [key, answer]));
  return {
    phrases: () => answers.phrases(),
    respond: ({ text }) => answers.answer(text)?.answer ?? '',
    respondToDigit: (digit) =>
      digit === MENU_KEY ? menu : (byKey.get(digit) ?? `${UNKNOWN_KEY} ${menu}`),
  };
}
