import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const MAGIC = 'Trie Language Model';
const UNIGRAM_BYTES = 12;
/** Bits of the quantised probabilities in the files that PocketSphinx ships, as its writer sets them. */
const QUANTISATION_ENTRIES = 1 << 16;
/** The base of the file's logarithms: PocketSphinx' `-logbase`. */
const LOG_BASE = 1.0001;
const LONGEST_WORD_BYTES = 64;

/**
 * The most frequent words of an English language model in PocketSphinx' binary trie format, most
 * frequent first, with their probability.
 *
 * The file is the `en-us.lm.bin` that comes with the recogniser's acoustic model (BSD-2, Carnegie
 * Mellon University), read where it is installed: no list of words is shipped with this package.
 * Layout: sphinxbase `ngram_model_trie.c` and `lm_trie.c` (magic, order, counts, quantisation
 * tables, unigrams of probability, backoff and index, further n-grams, length and text of the words).
 *
 * @param accept tells whether a word may be taken.
 * @throws Error where the file is not such a model.
 */
export function readFrequentWords(
  path: string,
  limit: number,
  accept: (word: string) => boolean,
): Map<string, number> {
  const file = openSync(path, 'r');
  try {
    const head = readPart(file, 0, 64);
    if (head.toString('latin1', 0, MAGIC.length) !== MAGIC) {
      throw new Error(`${path} is not a binary language model of PocketSphinx`);
    }
    const order = head.readUInt8(MAGIC.length);
    let at = MAGIC.length + 1;
    const words = head.readUInt32LE(at);
    at += 4 * order;
    const quantised = head.readUInt32LE(at) !== 0;
    at += 4;
    // Two tables for each order between the first and the last, one for the last.
    if (quantised && order > 1) at += ((order - 2) * 2 + 1) * QUANTISATION_ENTRIES * 4;
    const unigrams = readPart(file, at, words * UNIGRAM_BYTES);
    const names = readNames(file, words, path);
    const ranked: [string, number][] = [];
    names.forEach((name, index) => {
      if (!accept(name)) return;
      ranked.push([name, LOG_BASE ** unigrams.readFloatLE(index * UNIGRAM_BYTES)]);
    });
    return new Map(ranked.sort((a, b) => b[1] - a[1]).slice(0, limit));
  } finally {
    closeSync(file);
  }
}

/** The words stand at the end of the file behind their total length, each closed by a zero byte. */
function readNames(file: number, words: number, path: string): string[] {
  const { size } = fstatSync(file);
  const tail = readPart(file, Math.max(0, size - words * LONGEST_WORD_BYTES), size);
  for (let start = tail.length - words * 2; start >= 4; start -= 1) {
    if (tail.readUInt32LE(start - 4) !== tail.length - start) continue;
    const names = tail.toString('utf8', start).split('\0');
    if (names.length === words + 1) return names.slice(0, words);
  }
  throw new Error(`${path} has no list of words where it should be`);
}

function readPart(file: number, from: number, length: number): Buffer {
  const part = Buffer.alloc(Math.max(0, Math.min(length, fstatSync(file).size - from)));
  let read = 0;
  while (read < part.length) {
    const now = readSync(file, part, read, part.length - read, from + read);
    if (now === 0) break;
    read += now;
  }
  return part.subarray(0, read);
}
