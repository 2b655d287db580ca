import type { WeightedTerm } from '../passage-store.ts';
import { likeness } from '../text/likeness.ts';
import { isSoundTerm, soundTermOf } from '../text/terms.ts';
import type { Query } from './query.ts';

/** How well a text fits a query, by its words. */
export interface Relevance {
  /** Share of the query's weight that the text has, 0 to 1. */
  readonly score: number;
  /** The same with what only decides between equals: earlier turns, and how dense the matches are. */
  readonly rank: number;
}

/** Weight of how much of a text is what was asked for, against how much of the question it has. */
const DENSITY_WEIGHT = 0.15;

/** @param terms Terms of the text with its title and headings. */
export function relevanceOf({ own, recent }: Query, terms: readonly string[]): Relevance {
  const present = new Set(terms);
  const all = total(own);
  const score = all === 0 ? 0 : covered(own, present) / all;
  const remembered = all === 0 ? 0 : covered(recent, present) / all;
  const density = present.size === 0 ? 0 : own.length / (own.length + Math.sqrt(present.size));
  return { score, rank: score * (1 + DENSITY_WEIGHT * density) + Math.min(remembered, 0.3) };
}

function total(terms: readonly WeightedTerm[]): number {
  return terms.reduce((sum, { weight }) => sum + weight, 0);
}

function covered(terms: readonly WeightedTerm[], present: ReadonlySet<string>): number {
  return terms.reduce((sum, term) => sum + term.weight * bestLikeness(term, present), 0);
}

function bestLikeness({ asked, variants }: WeightedTerm, present: ReadonlySet<string>): number {
  let best = 0;
  for (const { term, likeness: alike } of variants) {
    if (alike <= best) continue;
    if (present.has(term)) best = alike;
    else if (isSoundTerm(term)) {
      for (const one of present) {
        if (soundTermOf(one) === term) best = Math.max(best, likeness(asked, one));
      }
    }
  }
  return best;
}
