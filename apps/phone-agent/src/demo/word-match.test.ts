import { wordAccuracy, wordsOf } from './word-match.ts';

test('words are compared as they are spoken', () => {
  expect(wordsOf("We're open: 9 to 5, I think.")).toEqual([
    'were',
    'open',
    '9',
    'to',
    '5',
    'i',
    'think',
  ]);
});

test.each([
  ['we are open', 'we are open', 1],
  ['We are open.', 'we are closed', 2 / 3],
  ['we are open', 'we are', 2 / 3],
  ['we are open', 'oh we are open', 2 / 3],
  ['we are open', 'open are we', 1 / 3],
  ['we are open', '', 0],
  ['open', 'something else that was said', 0],
])('"%s" heard as "%s" has an accuracy of %d', (expected, heard, accuracy) => {
  expect(wordAccuracy(expected, heard)).toBeCloseTo(accuracy, 5);
});
