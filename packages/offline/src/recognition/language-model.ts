const START = '<s>';
const END = '</s>';
/** What a path that must never be taken costs, as ARPA files write it. */
const IMPOSSIBLE_LOG10 = -99;

/** What a language model is built from. */
export interface LanguageModelSource {
  /** Sentences that are likely, each as its words. */
  readonly sentences: readonly (readonly string[])[];
  /** Further words and how often they are said, as relative weights of any sum. */
  readonly background: ReadonlyMap<string, number>;
  /** Part of the probability of a single word that comes from `sentences`, 0 to 1. */
  readonly sentenceShare: number;
  /** Taken off every count of two or three words and given to unseen ones, between 0 and 1. */
  readonly discount: number;
}

/**
 * A backed-off trigram model in ARPA format: words of the sentences and of the background have a
 * probability each; pairs and triples of the sentences have one with absolute discounting (Ney,
 * Essen and Kneser, 1994), and what is taken off goes to the shorter context.
 */
export function buildArpaLanguageModel(source: LanguageModelSource): string {
  const unigrams = unigramProbabilities(source);
  const pairs = new Map<string, Map<string, number>>();
  const triples = new Map<string, Map<string, number>>();
  for (const sentence of source.sentences) {
    const words = [START, ...sentence, END];
    for (let i = 1; i < words.length; i += 1) {
      count(pairs, words[i - 1] as string, words[i] as string);
      if (i > 1) count(triples, `${words[i - 2]} ${words[i - 1]}`, words[i] as string);
    }
  }
  const single = (word: string) => unigrams.get(word) ?? 0;
  const bigrams = new Map<string, Context>();
  for (const [context, followers] of pairs) {
    bigrams.set(context, discounted(followers, source.discount, single));
  }
  const trigrams = new Map<string, Context>();
  for (const [context, followers] of triples) {
    const second = bigrams.get(context.slice(context.indexOf(' ') + 1)) as Context;
    const shorter = (word: string) =>
      second.probabilities.get(word) ?? second.backoff * single(word);
    trigrams.set(context, discounted(followers, source.discount, shorter));
  }
  return writeArpa(unigrams, bigrams, trigrams);
}

interface Context {
  readonly probabilities: ReadonlyMap<string, number>;
  /** Factor on the shorter context's probability of a word that is not listed. */
  readonly backoff: number;
}

function unigramProbabilities(source: LanguageModelSource): Map<string, number> {
  const counts = new Map<string, number>([[END, source.sentences.length]]);
  for (const word of source.sentences.flat()) counts.set(word, (counts.get(word) ?? 0) + 1);
  const spoken = sum(counts.values());
  const weights = sum(source.background.values());
  const share = spoken === 0 ? 0 : weights === 0 ? 1 : source.sentenceShare;
  const probabilities = new Map<string, number>();
  for (const [word, weight] of source.background) {
    probabilities.set(word, ((1 - share) * weight) / weights);
  }
  for (const [word, times] of counts) {
    if (times === 0) continue;
    probabilities.set(word, (probabilities.get(word) ?? 0) + (share * times) / spoken);
  }
  return probabilities;
}

function discounted(
  followers: ReadonlyMap<string, number>,
  discount: number,
  shorter: (word: string) => number,
): Context {
  const total = sum(followers.values());
  const probabilities = new Map<string, number>();
  let listedShorter = 0;
  for (const [word, times] of followers) {
    probabilities.set(word, (times - discount) / total);
    listedShorter += shorter(word);
  }
  const left = (followers.size * discount) / total;
  return { probabilities, backoff: left / Math.max(1 - listedShorter, 1e-6) };
}

function writeArpa(
  unigrams: ReadonlyMap<string, number>,
  bigrams: ReadonlyMap<string, Context>,
  trigrams: ReadonlyMap<string, Context>,
): string {
  const size = (contexts: ReadonlyMap<string, Context>) =>
    sum([...contexts.values()].map((context) => context.probabilities.size));
  const lines = [
    '\\data\\',
    `ngram 1=${unigrams.size + 1}`,
    `ngram 2=${size(bigrams)}`,
    `ngram 3=${size(trigrams)}`,
    '',
    '\\1-grams:',
  ];
  const startBackoff = log10(bigrams.get(START)?.backoff ?? 1);
  lines.push(`${IMPOSSIBLE_LOG10} ${START} ${startBackoff}`);
  for (const [word, probability] of sorted(unigrams)) {
    lines.push(`${log10(probability)} ${word} ${log10(bigrams.get(word)?.backoff ?? 1)}`);
  }
  lines.push('', '\\2-grams:');
  for (const [context, { probabilities }] of sorted(bigrams)) {
    for (const [word, probability] of sorted(probabilities)) {
      const backoff = log10(trigrams.get(`${context} ${word}`)?.backoff ?? 1);
      lines.push(`${log10(probability)} ${context} ${word} ${backoff}`);
    }
  }
  lines.push('', '\\3-grams:');
  for (const [context, { probabilities }] of sorted(trigrams)) {
    for (const [word, probability] of sorted(probabilities)) {
      lines.push(`${log10(probability)} ${context} ${word}`);
    }
  }
  lines.push('', '\\end\\', '');
  return lines.join('\n');
}

function count(contexts: Map<string, Map<string, number>>, context: string, word: string): void {
  let followers = contexts.get(context);
  if (followers === undefined) contexts.set(context, (followers = new Map<string, number>()));
  followers.set(word, (followers.get(word) ?? 0) + 1);
}

function sorted<T>(map: ReadonlyMap<string, T>): [string, T][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

function log10(probability: number): string {
  return Math.log10(probability).toFixed(4);
}
