import * as fc from 'fast-check';
import { chunkDocument, resolveChunking } from './chunk-document.ts';

const settings = resolveChunking({ maxCharacters: 100, overlapCharacters: 40 });
const sentence = (number: number): string => `This is sentence number ${number} of the text.`;

test('a short section is one passage, with its place', () => {
  expect(
    chunkDocument(
      {
        content: [
          { headings: ['A'], text: 'First.', line: 2 },
          { headings: ['A'], text: 'Second.\nThird.', line: 4 },
          { headings: ['A', 'B'], text: 'Fourth.', page: 9 },
        ],
      },
      settings,
    ),
  ).toEqual([
    { headings: ['A'], text: 'First.\nSecond.\nThird.', position: { index: 0, line: 2 } },
    { headings: ['A', 'B'], text: 'Fourth.', position: { index: 1, page: 9 } },
  ]);
});

test('a long one is parted between sentences, and whole sentences overlap', () => {
  const text = [1, 2, 3, 4].map(sentence).join(' ');
  expect(chunkDocument({ content: text }, settings).map((chunk) => chunk.text)).toEqual([
    `${sentence(1)} ${sentence(2)}`,
    `${sentence(2)} ${sentence(3)}`,
    `${sentence(3)} ${sentence(4)}`,
  ]);
  const short =
    'One is short. Two is short. Three is short. Four is short. Five is short. Six is short. Seven.';
  const chunks = chunkDocument(
    { content: short },
    resolveChunking({ maxCharacters: 60, overlapCharacters: 20 }),
  );
  expect(chunks.map(({ text }) => text)).toEqual([
    'One is short. Two is short. Three is short. Four is short.',
    'Four is short. Five is short. Six is short. Seven.',
  ]);
});

test('plain text knows the line of each paragraph', () => {
  const long = 'x'.repeat(90);
  const chunks = chunkDocument({ content: `${long}\r\n\r\n${long}\n\n\n\n${long}` }, settings);
  expect(chunks.map(({ position }) => position)).toEqual([
    { index: 0, line: 1 },
    { index: 1, line: 3 },
    { index: 2, line: 7 },
  ]);
});

test('whatever the text, no passage is too long, nothing is lost, and no character is parted', () => {
  const text = fc.string({
    unit: fc.constantFrom('a', 'bc', ' ', '.', '. ', '\n', '😀', 'word '),
    maxLength: 600,
  });
  fc.assert(
    fc.property(text, (content) => {
      const chunks = chunkDocument({ content }, settings);
      const all = chunks.map(({ text }) => text).join('');
      expect(chunks.every(({ text }) => text.length <= settings.maxCharacters)).toBe(true);
      expect(all).not.toMatch(/\p{Surrogate}/u);
      const letters = (value: string): number => value.replaceAll(/\s/g, '').length;
      expect(letters(all)).toBeGreaterThanOrEqual(letters(content));
    }),
  );
});

test('sizes that make no sense are refused', () => {
  expect(() => resolveChunking({ maxCharacters: 10 })).toThrow(RangeError);
  expect(() => resolveChunking({ maxCharacters: 100, overlapCharacters: 80 })).toThrow(RangeError);
});
