import { splitSentences } from './sentences.ts';

test('splits at the ends of sentences, not at abbreviations and decimals', () => {
  expect(
    splitSentences('Hello!  Dr. Smith is in at 9 a.m. today. It costs 3.5 euros.\nAnything else?'),
  ).toEqual([
    'Hello!',
    'Dr. Smith is in at 9 a.m. today.',
    'It costs 3.5 euros.',
    'Anything else?',
  ]);
});

test('leaves out what has no word', () => {
  expect(splitSentences('Well.\n— !')).toEqual(['Well.']);
  expect(splitSentences('  ')).toEqual([]);
});

test('splits a very long sentence at a clause, or at a space, and loses no word', () => {
  const clause = `${'word '.repeat(30)}end, `;
  const parts = splitSentences(clause.repeat(3));
  expect(parts.length).toBeGreaterThan(2);
  expect(parts.every((part) => part.length <= 220)).toBe(true);
  expect(parts[0]).toMatch(/end,$/);
  expect(parts.join(' ')).toBe(clause.repeat(3).trim());
  expect(splitSentences('word '.repeat(100)).join(' ')).toBe('word '.repeat(100).trim());
  expect(splitSentences('x'.repeat(500)).join('')).toBe('x'.repeat(500));
});
