import type { PassageStore, WeightedTerm } from '../passage-store.ts';
import { isEverydayTerm } from '../text/everyday-words.ts';
import { termsOf } from '../text/terms.ts';

/** Weight of the terms of the turn before, and again of the one before that. */
const RECENT_WEIGHT = 0.3;
const MOST_TERMS = 24;
/** Small words are often misheard as numbers (`my` as `nine`), and documents are full of them. */
const NUMBER_TRUST = 0.5;
const NUMBER = /^\d+$/;
/** Whether the documents have such a word or not tells little of what they are about. */
const EVERYDAY_TRUST = 0.5;

/** A query, as it is searched for. */
export interface Query {
  /** Terms of the query itself: they make the score. */
  readonly own: readonly WeightedTerm[];
  /** Terms of earlier turns: they decide between what scores alike. */
  readonly recent: readonly WeightedTerm[];
  /** Weight of a term that only one passage has. */
  readonly rarest: number;
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
  if (asked.length === 0) return { own: [], recent: [], rarest: 0 };
  const { totalPassages: total, terms: statistics } = await store.lookUp(asked);
  const weighed = asked.map((term, index): WeightedTerm => {
    const { variants, passages } = statistics[index]!;
    const certainty = Math.max(0, ...variants.map((variant) => variant.likeness));
    // What the documents do not have at all tells that the question is about something else.
    const weight =
      variants.length === 0 ? rarity(0, total) : rarity(passages, total) * Math.sqrt(certainty);
    return { asked: term, variants, weight: weight * trustIn(term) * (recent.get(term) ?? 1) };
  });
  return {
    own: weighed.slice(0, own.length),
    recent: weighed.slice(own.length),
    rarest: rarity(1, total),
  };
}

function distinctTerms(text: string): string[] {
  return [...new Set(termsOf(text))].slice(0, MOST_TERMS);
}

function trustIn(term: string): number {
  if (NUMBER.test(term)) return NUMBER_TRUST;
  return isEverydayTerm(term) ? EVERYDAY_TRUST : 1;
}

/** Inverse document frequency as BM25 has it, never negative. */
function rarity(passages: number, total: number): number {
  return Math.log(1 + (total - Math.min(passages, total) + 0.5) / (passages + 0.5));
}
