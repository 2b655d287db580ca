import type { WeightedTerm } from '../passage-store.ts';
import { likeness } from '../text/likeness.ts';
import { isSoundTerm, soundTermOf } from '../text/terms.ts';
import type { Query } from './query.ts';

/** How well a text fits a query, by its words. */
export interface Relevance {
  /** Share of the query's weight that the text has, 0 to 1; at most {@link THIN_SCORE} where that proves nothing. */
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

/**
 * What a text has of the query proves something where it is as rare, all together, as a term that one
 * passage of seven has: the natural logarithm of that. In a small index, this part of the rarest term's.
 */
const LEAST_PROOF = 2;
const LEAST_PROOF_OF_RAREST = 0.65;
/** The most that a passage scores for what proves nothing: less than what is answered from. */
export const THIN_SCORE = 0.4;
/** Terms that are only alike prove less than they say. */
const PROOF_POWER = 2;

/** A text that may fit, as terms. */
export interface RelevanceSubject {
  /** With its title and headings. */
  readonly terms: readonly string[];
  readonly headingTerms: readonly string[];
}

export function relevanceOf(query: Query, subject: RelevanceSubject): Relevance {
  const { own, recent } = query;
  const all = total(own);
  if (all === 0) return { score: 0, rank: 0 };
  const present = new Set(subject.terms);
  const coverage = covered(own, present) / all;
  const headings = new Set(subject.headingTerms);
  const headed = covered(own, headings) / all;
  const remembered = covered(recent, present) / all;
  const density = own.length / (own.length + Math.sqrt(present.size));
  return {
    score: coverage <= THIN_SCORE || isProof(query, present, headings) ? coverage : THIN_SCORE,
    rank:
      coverage * (1 + DENSITY_WEIGHT * density) +
      headed * HEADING_WEIGHT +
      Math.min(remembered, RECENT_LIMIT),
  };
}

function total(terms: readonly WeightedTerm[]): number {
  return terms.reduce((sum, { weight }) => sum + weight, 0);
}

/** What stands in a heading is what the text is about, however common it is; earlier turns are proof too. */
function isProof(
  { own, recent, rarest }: Query,
  present: ReadonlySet<string>,
  headings: ReadonlySet<string>,
): boolean {
  if (own.some((term) => bestLikeness(term, headings) === 1)) return true;
  const proof = covered(own, present, PROOF_POWER) + covered(recent, present, PROOF_POWER);
  return proof >= Math.min(LEAST_PROOF, LEAST_PROOF_OF_RAREST * rarest);
}

function covered(terms: readonly WeightedTerm[], present: ReadonlySet<string>, power = 1): number {
  return terms.reduce((sum, term) => sum + term.weight * bestLikeness(term, present) ** power, 0);
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
