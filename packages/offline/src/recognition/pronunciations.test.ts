import { formatPronunciations, parsePronunciations, phonesFromFlite } from './pronunciations.ts';

test('reads and writes a dictionary with several pronunciations of a word', () => {
  const text = 'a AH\na(2) EY\nread R EH D\nread(2) R IY D\nyes Y EH S\n';
  const read = parsePronunciations(text);
  expect(read.get('read')).toEqual(['R EH D', 'R IY D']);
  expect(formatPronunciations(read)).toBe(text);
});

test('the segments of flite become phones of the recogniser', () => {
  expect(phonesFromFlite('pau v ih zh ax n pau \n')).toBe('V IH ZH AH N');
  expect(phonesFromFlite(' pau \n')).toBe('');
});
