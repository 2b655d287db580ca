import { plainText, speakableText } from './speakable-text.ts';
import { splitSentences } from './sentence-splitter.ts';

test.each([
  ['## Opening hours', 'Opening hours'],
  ['- **Monday**: nine to five', 'Monday: nine to five'],
  ['1. First we *check* your name.', 'First we check your name.'],
  ['See [our page](https://example.com/a_(b)) or `call` us.', 'See our page or call us.'],
  ['**Two sentences in one mark.', 'Two sentences in one mark.'],
  ['snake_case and 3 * 4 stay', 'snake_case and 3 * 4 stay'],
  ['| Day | Hours |', 'Day, Hours'],
  ['|---|---|', ''],
  ['Great! 🎉👍', 'Great!'],
  ['```js', ''],
  ['---', ''],
])('plain text of %j', (marked, plain) => {
  expect(plainText(marked)).toBe(plain);
});

test.each([
  ['We open at 9:30.', 'We open at nine thirty.'],
  ['At 9:00, 9:05 and 14:00.', "At nine o'clock, nine oh five and fourteen hundred."],
  ['It costs $12.50.', 'It costs twelve dollars and fifty cents.'],
  ['It costs £1 or €1,200.', 'It costs one pound or one thousand two hundred euros.'],
  ['Call +1 202-555-0123.', 'Call plus one, two zero two, five five five, zero one two three.'],
  ['Call (202) 555-0123 now', 'Call two zero two, five five five, zero one two three now'],
  ['On 2026-11-22.', 'On November twenty-second, twenty twenty-six.'],
  ['In 1999 and 2005.', 'In nineteen ninety-nine and two thousand and five.'],
  ['The 3rd of 12,345', 'The third of twelve thousand three hundred and forty-five'],
  ['3.14 and 25%', 'three point one four and twenty-five percent'],
  ['Room 007, code 12345678', 'Room zero zero seven, code one two three four five six seven eight'],
  ['Pages 3–5', 'Pages three to five'],
  [
    'Write to info@town-library.org or see https://www.example.com/help?x=1.',
    'Write to info at town dash library dot org or see example dot com slash help.',
  ],
  ['Version 1.2.3 of B2B', 'Version 1.2.3 of B2B'],
])('speakable text of %j', (written, spoken) => {
  expect(speakableText(written, 'en')).toBe(spoken);
});

test('in other languages numbers stay, and links are made short', () => {
  expect(speakableText('Um 9:30 auf https://www.beispiel.de/.', 'de')).toBe(
    'Um 9:30 auf beispiel.de.',
  );
});

test('the number of a list item stays with its text', () => {
  expect(splitSentences('1. Open the door. 2. Close it.')).toEqual([
    '1. Open the door.',
    '2. Close it.',
  ]);
});
