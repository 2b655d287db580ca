import { SentenceSplitter, splitSentences } from './sentence-splitter.ts';

test.each([
  ['One. Two! Three? Four', ['One.', 'Two!', 'Three?', 'Four']],
  [
    'It is 3.5 km to Dr. Miller, e.g. by bus. Yes.',
    ['It is 3.5 km to Dr. Miller, e.g. by bus.', 'Yes.'],
  ],
  [
    'She said "Stop." Then she left…  And came back',
    ['She said "Stop."', 'Then she left…', 'And came back'],
  ],
  ['First line\nsecond  line\n\n- \n', ['First line', 'second line']],
  ['  ', []],
])('%j is cut into %j', (text, sentences) => {
  expect(splitSentences(text)).toEqual(sentences);
});

test('a sentence is given out as soon as it is whole, however the pieces come', () => {
  const splitter = new SentenceSplitter();
  expect(splitter.push('We open at 9')).toEqual([]);
  expect(splitter.push('.')).toEqual([]);
  expect(splitter.push('30. Come')).toEqual(['We open at 9.30.']);
  expect(splitter.finish()).toEqual(['Come']);
  expect(splitter.finish()).toEqual([]);
});

test('a text without an end is cut at a pause, and no word is lost', () => {
  const text = 'this goes on and on, '.repeat(40).trim();
  const sentences = splitSentences(text);
  expect(sentences.length).toBeGreaterThan(2);
  for (const sentence of sentences) expect(sentence.length).toBeLessThanOrEqual(240);
  expect(sentences.join(' ')).toBe(text);
});
