import { likeness } from './likeness.ts';
import { sentencesOf } from './sentences.ts';
import { termsOf } from './terms.ts';
import { wordsOf } from './words.ts';

test('words have no case, accents or apostrophes, and spoken numbers are digits', () => {
  expect(wordsOf("The Café's twenty-one OPENING hours aren’t 9:30, it's ﬁve")).toEqual([
    'the',
    'cafe',
    '20',
    '1',
    'opening',
    'hours',
    'arent',
    '9',
    '30',
    'it',
    '5',
  ]);
});

test('terms are stems of the words that carry meaning', () => {
  expect(termsOf('Where can I be parking my cars, please?')).toEqual(['park', 'car']);
  expect(termsOf('What is it?')).toEqual([]);
  expect(termsOf('How much did the children pay?')).toEqual(['cost', 'child', 'pay']);
  expect(termsOf('The price that a child paid')).toEqual(['cost', 'child', 'pay']);
});

test.each([
  ['willow', 'willow', 1],
  ['address', 'adress', 0.7],
  ['insulin', 'inselin', 0.7],
  ['willow', 'pillow', 0.6],
  ['physiotherapi', 'fisiotherapi', 0.7],
  ['way', 'weigh', 0],
  ['cat', 'bat', 0],
  ['b120', 'b121', 0],
  ['parking', 'dentist', 0],
])('"%s" and "%s" are alike by %d', (asked, term, expected) => {
  expect(likeness(asked, term)).toBe(expected);
});

test('sentences end with a line, and not with an abbreviation or a decimal point', () => {
  expect(
    sentencesOf('See Dr. Smith at 5 p.m. on Monday. It costs $5.50!  Ask\n• the desk\r\n\r\nBye'),
  ).toEqual(['See Dr. Smith at 5 p.m. on Monday.', 'It costs $5.50!', 'Ask', '• the desk', 'Bye']);
});
