import { createPhraseAnswers } from './phrase-answers.ts';

const entries = [
  {
    questions: ['What are your opening hours?', 'When are you open?', 'When do you close?'],
    answer: 'From nine to five.',
  },
  { questions: ['Where are you located?', 'What is your address?'], answer: 'Twelve Willow Lane.' },
  { questions: ['Do you have parking?', 'Where can I park my car?'], answer: 'Behind the house.' },
  {
    questions: ['How do I cancel my appointment?', 'I cannot come to my appointment.'],
    answer: 'Call us a day before.',
  },
  { questions: ['I need an appointment.', 'Can I see a doctor?'], answer: 'Call in the morning.' },
  { questions: ['Thank you.'], answer: 'You are welcome.' },
];
const answers = createPhraseAnswers({ entries });

test.each([
  ['what are your opening hours', 'From nine to five.'],
  ['are you open on sunday', 'From nine to five.'],
  ['what time do you close today', 'From nine to five.'],
  ['tell me the address please', 'Twelve Willow Lane.'],
  ['is there any parking for cars', 'Behind the house.'],
  ['i would like to park', 'Behind the house.'],
  ['please cancel my appointment', 'Call us a day before.'],
  ['i want to cancel', 'Call us a day before.'],
  ['could i get an appointment', 'Call in the morning.'],
  ['thank you', 'You are welcome.'],
  ['whats your adress', 'Twelve Willow Lane.'],
])('"%s" is answered: %s', (text, answer) => {
  expect(answers.answer(text)?.answer).toBe(answer);
});

test.each(['the weather is nice', 'do you have it', 'i would like a pizza', '', 'and the of'])(
  '"%s" is not answered at random',
  (text) => {
    expect(answers.answer(text)).toBeUndefined();
  },
);

test('a question of its own scores one and names its entry; others score less', () => {
  expect(answers.answer('Do you have parking?')).toEqual({
    answer: 'Behind the house.',
    score: 1,
    entry: entries[2],
  });
  const near = answers.answer('parking for my bicycle');
  expect(near?.score).toBeGreaterThan(0.5);
  expect(near?.score).toBeLessThan(1);
});

test('what fits nothing gets the fallback where there is one, and a stricter minimum fits less', () => {
  const strict = createPhraseAnswers({ entries, minimumScore: 0.99, otherwise: 'Pardon?' });
  expect(strict.answer('parking for my bicycle')).toEqual({
    answer: 'Pardon?',
    score: 0,
    entry: undefined,
  });
});

test('all questions are phrases for the recogniser', () => {
  expect(answers.phrases()).toHaveLength(12);
  expect(answers.phrases()).toContain('Where can I park my car?');
});

test('a list without entries, or an entry without a question or an answer, is refused', () => {
  expect(() => createPhraseAnswers({ entries: [] })).toThrow(RangeError);
  for (const entry of [
    { questions: [], answer: 'Yes.' },
    { questions: ['Why?'], answer: ' ' },
  ]) {
    expect(() => createPhraseAnswers({ entries: [entry] })).toThrow(RangeError);
  }
});
