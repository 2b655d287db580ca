import type { DemoQuestion } from './demo-script.ts';

/** Whom the caller is offered to be put through to. */
export const FRONT_DESK = 'the front desk';

/** What the caller asks the agent that answers from documents; the last is in none of them. */
export const SUPPORT_QUESTIONS: readonly DemoQuestion[] = [
  {
    question: 'How can I book a visit?',
    answer: {
      text:
        'You can book a visit on the telephone at any time during opening hours, or on our web page ' +
        'day and night. Tell us in a few words what it is about, so that we can plan enough time.',
      facts: ['book', 'telephone', 'opening', 'hours', 'web', 'page', 'night'],
    },
  },
  {
    question: 'Can somebody measure my blood pressure?',
    answer: {
      text:
        'The nurse measures your blood pressure without an appointment, every afternoon. ' +
        'If you have a machine at home, bring it along so that we can compare.',
      facts: ['nurse', 'measures', 'without', 'appointment', 'every', 'afternoon', 'machine'],
    },
  },
  {
    question: 'I forgot my password for the patient page.',
    answer: {
      text:
        'If you have forgotten your password, press the button below the login. If that does not ' +
        'help, come to the reception with your identification.',
      facts: ['forgotten', 'password', 'press', 'button', 'reception', 'identification'],
    },
  },
  {
    question: 'Where can I donate blood?',
    answer: {
      text:
        'You cannot donate blood here. The donor bus comes to the library on the first Friday of ' +
        'each month.',
      facts: ['cannot', 'donate', 'bus', 'library', 'first', 'friday', 'month'],
    },
  },
  {
    question: 'Do you repair computers?',
    answer: {
      text: `I am sorry, I do not know that. Shall I put you through to ${FRONT_DESK}?`,
      facts: ['sorry', 'know', 'front', 'desk'],
    },
  },
];

/** Sentences near the right ones that are wrong, for the ear to choose from. */
export const WRONG_SUPPORT_ANSWERS: readonly string[] = [
  'You can book a visit by letter only, two weeks before.',
  'You cannot book a visit on the telephone.',
  'The doctor measures your blood pressure with an appointment, every morning.',
  'The nurse weighs your baby without an appointment, on Wednesday mornings.',
  'If you have a fever at home, stay there so that you can rest.',
  'If you have lost your card, write a letter to the manager.',
  'If that does not hurt, go to the pharmacy with your prescription.',
  'You can donate blood here.',
  'The bus comes to the station on the last Monday of each week.',
  'I am happy, I do know that.',
  'Shall I send you a list of the prices?',
];
