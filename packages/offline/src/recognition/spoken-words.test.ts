import { numberWords, spokenWords } from './spoken-words.ts';

test.each([
  ["What's open 24 hours?", "what's open twenty four hours"],
  ['Café & Bar – 20% off!', 'cafe and bar twenty percent off'],
  ['It’s 1,250 e-mails', "it's one thousand two hundred fifty e mails"],
  ["'quoted' 'til", "quoted 'til"],
  ['Room 007, line 12345', 'room zero zero seven line one two three four five'],
  ['— … !', ''],
])('%s is said as %s', (text, words) => {
  expect(spokenWords(text).join(' ')).toBe(words);
});

test('numbers are said in words, long ones digit by digit', () => {
  expect(['0', '10', '19', '20', '100', '101', '2026', '9999', '05'].map(numberWords)).toEqual([
    'zero',
    'ten',
    'nineteen',
    'twenty',
    'one hundred',
    'one hundred one',
    'two thousand twenty six',
    'nine thousand nine hundred ninety nine',
    'zero five',
  ]);
});
