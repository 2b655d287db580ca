import { sentencesOf } from '../text/sentences.ts';
import { termsOf } from '../text/terms.ts';

/** How much of a passage may be said. */
export interface ExcerptOptions {
  /** Most sentences; default 2. */
  readonly maxSentences?: number | undefined;
}

/**
 * The part of a passage that says most about a question, in whole sentences that stand together: what
 * can be said on the telephone without a model.
 */
export function excerptFor(question: string, text: string, options: ExcerptOptions = {}): string {
  const { maxSentences = 2 } = options;
  const sentences = sentencesOf(text);
  const asked = new Set(termsOf(question));
  const found = sentences.map((sentence) => new Set(termsOf(sentence).filter((t) => asked.has(t))));
  let best = 0;
  let most = -1;
  for (let from = 0; from < Math.max(1, sentences.length - maxSentences + 1); from++) {
    const here = found.slice(from, from + maxSentences);
    const distinct = new Set(here.flatMap((terms) => [...terms])).size;
    // Of equals the one that begins with what was asked for.
    const score = distinct + (here[0]?.size ?? 0) / 100;
    if (score > most) [most, best] = [score, from];
  }
  return sentences.slice(best, best + maxSentences).join(' ');
}
