/** An answer that the caller knows to be right, whatever the agent's knowledge file says. */
export interface ExpectedAnswer {
  readonly text: string;
  /** Words without which the answer would be another one. */
  readonly facts: readonly string[];
}

/** One thing that the caller asks. */
export interface DemoQuestion {
  readonly question: string;
  /** The key that asks the same, where one does. */
  readonly key?: string | undefined;
  readonly answer: ExpectedAnswer;
}

const OPENING_HOURS: DemoQuestion = {
  question: 'What are your opening hours?',
  key: '1',
  answer: {
    text:
      'We are open from Monday to Friday, from nine in the morning to five in the afternoon. ' +
      'On weekends we are closed.',
    facts: [
      'open',
      'monday',
      'friday',
      'nine',
      'morning',
      'five',
      'afternoon',
      'weekends',
      'closed',
    ],
  },
};

const PARKING: DemoQuestion = {
  question: 'Where can I park my car?',
  key: '3',
  answer: {
    text: 'You can park behind the building. Parking is free for two hours.',
    facts: ['behind', 'building', 'free', 'two', 'hours'],
  },
};

const APPOINTMENT: DemoQuestion = {
  question: 'How do I make an appointment?',
  key: '4',
  answer: {
    text:
      'Please call the front desk in the morning to make an appointment. ' +
      'New patients usually wait about one week. ' +
      'If you are in pain, tell us, and we will see you today.',
    facts: ['call', 'morning', 'week', 'today'],
  },
};

const CANCELLATION: DemoQuestion = {
  question: 'How do I cancel my appointment?',
  key: '5',
  answer: {
    text:
      'Please cancel at least one day before your appointment. ' +
      'You can leave a message at any hour of the night. ' +
      'There is no charge for a visit that is cancelled in time.',
    facts: ['cancel', 'one', 'day', 'before', 'message'],
  },
};

/** What the caller asks, in order. */
export const DEMO_SCRIPT = {
  /** Asked, and heard to its end. */
  first: OPENING_HOURS,
  /** Asked, and interrupted by the next. */
  interrupted: APPOINTMENT,
  interrupting: PARKING,
  /** Asked as a text by the caller who has no voice; left out where there is one. */
  written: CANCELLATION,
};

export const ALL_QUESTIONS: readonly DemoQuestion[] = [
  OPENING_HOURS,
  PARKING,
  APPOINTMENT,
  CANCELLATION,
];

/**
 * Sentences near the right ones that are wrong. The ear knows them as well as the right ones, so that
 * it does not hear what it wishes to hear.
 */
export const WRONG_ANSWERS: readonly string[] = [
  'We are open from Tuesday to Thursday, from eight in the morning to four in the afternoon.',
  'We are open from Tuesday to Saturday, from ten in the morning to six in the evening.',
  'We are open from Wednesday to Sunday, from one in the afternoon to nine in the evening.',
  'On weekends we are open.',
  'On Monday we are closed.',
  'On Friday we are closed.',
  'You can park in front of the library.',
  'You can park opposite the house.',
  'You cannot park at the building.',
  'Parking is free for one hour.',
  'Parking is free for ten hours.',
  'Parking is two dollars for an hour.',
];
