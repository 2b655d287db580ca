import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFrequentWords } from './frequent-words.ts';
import { findModelDirectory } from './pocketsphinx.ts';

const directory = mkdtempSync(join(tmpdir(), 'frequent-words-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** A file in the recogniser's format with words and their probabilities. */
function writeModel(words: Readonly<Record<string, number>>): string {
  const names = Object.keys(words);
  const head = Buffer.alloc(20 + 4 * 3 + 4);
  head.write('Trie Language Model', 'latin1');
  head.writeUInt8(3, 19);
  head.writeUInt32LE(names.length, 20);
  head.writeUInt32LE(1, 32);
  const tables = Buffer.alloc(3 * 65_536 * 4);
  const unigrams = Buffer.alloc((names.length + 1) * 12);
  names.forEach((name, index) => {
    unigrams.writeFloatLE(Math.log(words[name]!) / Math.log(1.0001), index * 12);
  });
  const text = Buffer.from(names.map((name) => `${name}\0`).join(''));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  const path = join(directory, `${names.length}.bin`);
  writeFileSync(path, Buffer.concat([head, tables, unigrams, Buffer.alloc(400), length, text]));
  return path;
}

test('gives the most frequent words that are accepted, with their probability', () => {
  const path = writeModel({ '</s>': 0.3, a: 0.1, bee: 0.01, cat: 0.2, dog: 0.05 });
  const words = readFrequentWords(path, 3, (word) => !word.startsWith('<'));
  expect([...words.keys()]).toEqual(['cat', 'a', 'dog']);
  expect(words.get('cat')).toBeCloseTo(0.2, 3);
});

test('refuses a file of another kind', () => {
  const path = join(directory, 'other.bin');
  writeFileSync(path, 'something else');
  expect(() => readFrequentWords(path, 3, () => true)).toThrow('not a binary language model');
});

const installed = findModelDirectory();
const testInstalled = installed === undefined ? test.skip : test;
const whyNot = installed === undefined ? ' [skipped: pocketsphinx-en-us is not installed]' : '';

testInstalled(`reads the installed English model${whyNot}`, () => {
  const words = readFrequentWords(join(installed!, 'en-us.lm.bin'), 50, (word) =>
    /^[a-z']+$/.test(word),
  );
  expect(words.size).toBe(50);
  expect([...words.keys()]).toEqual(expect.arrayContaining(['the', 'and', 'you', 'to', 'of']));
});
