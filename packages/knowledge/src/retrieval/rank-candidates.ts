import type { KnowledgePassage } from '../knowledge-base.ts';
import type { Candidate } from '../passage-store.ts';
import { termsOf } from '../text/terms.ts';
import { wholeText } from '../whole-text.ts';
import type { Query } from './query.ts';
import { THIN_SCORE, relevanceOf } from './relevance.ts';

/**
 * Candidates as passages with scores, best first.
 *
 * @param meaning From where on a similarity counts, where they were found by meaning too: they then keep
 *   the order in which they come, which is that of both ranks fused.
 */
export function rankCandidates(
  candidates: readonly Candidate[],
  query: Query,
  meaning: { readonly floor: number } | undefined,
): KnowledgePassage[] {
  const ranked = candidates.map(({ similarity = 0, ...candidate }) => {
    const relevance = relevanceOf(query, {
      terms: termsOf(wholeText(candidate.title, candidate)),
      headingTerms: candidate.headings.flatMap(termsOf),
    });
    const isNear = similarity >= (meaning?.floor ?? 0);
    const near = isNear ? similarity : Math.min(similarity, THIN_SCORE);
    const score = Math.min(1, Math.max(relevance.score, near));
    return { passage: { ...candidate, score }, rank: relevance.rank };
  });
  if (!meaning) ranked.sort((left, right) => right.rank - left.rank);
  return ranked.map(({ passage }) => passage);
}
