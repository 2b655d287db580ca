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
/** Weight of how much of the question stands in the headings. */
const HEADING_WEIGHT = 0.15;
/** Earlier turns add no more than this. */
const RECENT_LIMIT = 0.3;

/** A text that may fit, as terms. */
export interface RelevanceSubject {
  /** With its title and headings. */
  readonly terms: readonly string[];
  readonly headingTerms: readonly string[];
}

export function relevanceOf({ own, recent }: Query, subject: RelevanceSubject): Relevance {
  const all = total(own);
  if (all === 0) return { score: 0, rank: 0 };
  const present = new Set(subject.terms);
  const score = covered(own, present) / all;
  const headed = covered(own, new Set(subject.headingTerms)) / all;
  const remembered = covered(recent, present) / all;
  const density = own.length / (own.length + Math.sqrt(present.size));
  return {
    score,
    rank:
      score * (1 + DENSITY_WEIGHT * density) +
      headed * HEADING_WEIGHT +
      Math.min(remembered, RECENT_LIMIT),
  };
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
