import type { PassageStore, WeightedTerm } from '../passage-store.ts';
import { termsOf } from '../text/terms.ts';

/** Weight of a term that no passage has, as part of that of the rarest term there is. */
const UNKNOWN_WEIGHT = 0.75;
/** Weight of the terms of the turn before, and again of the one before that. */
const RECENT_WEIGHT = 0.3;
const MOST_TERMS = 24;
/** Small words are often misheard as numbers (`my` as `nine`), and documents are full of them. */
const NUMBER_TRUST = 0.5;
const NUMBER = /^\d+$/;

/** A query, as it is searched for. */
export interface Query {
  /** Terms of the query itself: they make the score. */
  readonly own: readonly WeightedTerm[];
  /** Terms of earlier turns: they decide between what scores alike. */
  readonly recent: readonly WeightedTerm[];
}

/** Terms of a query with their weights: the fewer passages have a term, the more it tells. */
export async function weighQuery(
  text: string,
  recentTurns: readonly string[],
  store: PassageStore,
): Promise<Query> {
  const turns = recentTurns.map(distinctTerms).filter((terms) => terms.length > 0);
  let own = distinctTerms(text);
  // A question without a word of its own is about what was talked of last.
  if (own.length === 0) own = turns.pop() ?? [];
  const recent = new Map<string, number>();
  for (const [age, terms] of turns.reverse().entries()) {
    for (const term of terms) {
      if (!own.includes(term) && !recent.has(term)) recent.set(term, RECENT_WEIGHT ** (age + 1));
    }
  }
  const recentTerms = [...recent.keys()].slice(0, MOST_TERMS);
  const asked = [...own, ...recentTerms];
  if (asked.length === 0) return { own: [], recent: [] };
  const { totalPassages: total, terms: statistics } = await store.lookUp(asked);
  const weighed = asked.map((term, index): WeightedTerm => {
    const { variants, passages } = statistics[index]!;
    const certainty = Math.max(0, ...variants.map((variant) => variant.likeness));
    const weight =
      variants.length === 0
        ? UNKNOWN_WEIGHT * rarity(0, total)
        : rarity(passages, total) * Math.sqrt(certainty);
    const trust = NUMBER.test(term) ? NUMBER_TRUST : 1;
    return { asked: term, variants, weight: weight * trust * (recent.get(term) ?? 1) };
  });
  return { own: weighed.slice(0, own.length), recent: weighed.slice(own.length) };
}

function distinctTerms(text: string): string[] {
  return [...new Set(termsOf(text))].slice(0, MOST_TERMS);
}

/** Inverse document frequency as BM25 has it, never negative. */
function rarity(passages: number, total: number): number {
  return Math.log(1 + (total - Math.min(passages, total) + 0.5) / (passages + 0.5));
}
