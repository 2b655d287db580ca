import type { KnowledgeDocument } from '@phone-agents/knowledge';
import { STOP_WORD_RANKS, rankedWords } from './ranked-words.ts';

export const PASSAGES_PER_DOCUMENT = 4;
const SENTENCES_PER_PASSAGE = 4;
const WORDS_PER_SENTENCE = 14;

/** Documents of English words, as often as words of a language are (Zipf); always the same. */
export function* largeCorpus(passages: number): Generator<KnowledgeDocument, void, undefined> {
  const random = createRandom(1);
  for (let number = 0; number < passages / PASSAGES_PER_DOCUMENT; number++) {
    const content = Array.from({ length: PASSAGES_PER_DOCUMENT }, (_, section) => ({
      headings: [sentence(random, 3)],
      text: Array.from({ length: SENTENCES_PER_PASSAGE }, () =>
        sentence(random, WORDS_PER_SENTENCE),
      ).join('. '),
      line: section * 10,
    }));
    yield { id: `large/${number}`, title: sentence(random, 3), content };
  }
}

/** Questions about such documents; the first word of each is misspelt. */
export function largeQuestions(count: number): string[] {
  const random = createRandom(2);
  return Array.from({ length: count }, () => {
    const [first, ...others] = sentence(random, 5).split(' ');
    return `where do I find the ${first!.replace(/.$/, 'q')} ${others.join(' ')}`;
  });
}

/** Words by rank, without the most frequent of a language: those are left out of any search. */
function sentence(random: () => number, length: number): string {
  const words = rankedWords();
  return Array.from({ length }, () => {
    const rank = STOP_WORD_RANKS * (words.length / STOP_WORD_RANKS) ** random();
    return words[Math.floor(rank)]!;
  }).join(' ');
}

/** Numbers from 0 to 1, always the same (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
