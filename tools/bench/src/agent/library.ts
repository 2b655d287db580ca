import type { Responder, ResponderRequest } from '@phone-agents/agent';
import { createPhraseAnswers } from '@phone-agents/offline';

const ENTRIES = [
  { questions: ['When do you open?'], answer: 'we open at nine in the morning.' },
  { questions: ['When do you close?'], answer: 'we close at six in the evening.' },
  { questions: ['Where can I park my car?'], answer: 'you can park behind the building.' },
  { questions: ['How do I get a library card?'], answer: 'bring a letter with your address.' },
  { questions: ['How many books can I borrow?'], answer: 'you can borrow ten books.' },
  { questions: ['How long can I keep a book?'], answer: 'you can keep it for four weeks.' },
  { questions: ['Do you have books for children?'], answer: 'they are on the second floor.' },
  { questions: ['Is there a computer that I can use?'], answer: 'there are five in the hall.' },
  { questions: ['Can I return a book by mail?'], answer: 'yes, but you pay for the stamps.' },
  { questions: ['What does it cost to be late?'], answer: 'it costs ten cents a day.' },
];

const answers = createPhraseAnswers({ entries: ENTRIES });

/** What callers ask, over and over. */
export const QUESTIONS: readonly string[] = answers.phrases();

export const GREETING = 'Hello, this is the AI assistant of the town library.';

/** Longer than any caller listens. */
const ALL_RULES =
  'The rules are as follows. Books are lent to everybody who has a card of this library. ' +
  'Music and films are lent for one week, and may be kept for a second week. ' +
  'Games are lent for two weeks, and must come back with all of their pieces.';

/** Which of the questions the words ask; undefined where it is none of them. */
export function questionIn(text: string): string | undefined {
  return answers.answer(text)?.entry?.questions[0];
}

/** Counts its answers, so that no two of them are the same and none was rendered before. */
export class Librarian implements Responder {
  /** Whether each answer goes on for long. */
  isTalkative = false;
  #given = 0;

  phrases(): readonly string[] {
    return QUESTIONS;
  }

  respond({ text }: ResponderRequest): string {
    const { answer = 'I do not know that.' } = answers.answer(text) ?? {};
    return `Answer number ${++this.#given}: ${answer}${this.isTalkative ? ` ${ALL_RULES}` : ''}`;
  }
}
