import type { KnowledgeBase } from '@phone-agents/knowledge';
import type { QuestionSet } from './question-set.ts';

/** A question is answered where the passage is among so many. */
export const HIT_LIMIT = 3;
const LOOKED_AT = 10;

/** How well passages are found for a set of questions. */
export interface RetrievalQuality {
  /** Share of the questions whose passage is among the first three. */
  readonly hitRate: number;
  /** Mean of one divided by the passage's rank, 0 where it is not among the first ten. */
  readonly meanReciprocalRank: number;
  /** Share of the questions whose passage is among the first three, but none of these scores enough to be given. */
  readonly falselyRefused: number;
  /** Share of the questions that no document answers for which there is a passage that scores enough. */
  readonly falselyAnswered: number;
}

/**
 * @param folder First part of the documents' ids.
 * @param minimumScore At which an agent answers.
 * @param hear What is searched for in place of a question: what was heard of it.
 */
export async function measureQuality(
  knowledge: KnowledgeBase,
  { pairs, unanswerable }: QuestionSet,
  folder: string,
  minimumScore: number,
  hear: (question: string) => string,
): Promise<RetrievalQuality> {
  let hits = 0;
  let reciprocalRanks = 0;
  let refused = 0;
  for (const { question, document, contains } of pairs) {
    const found = await knowledge.search(hear(question), { limit: LOOKED_AT });
    const index = found.findIndex(
      ({ documentId, text }) => documentId === `${folder}/${document}` && text.includes(contains),
    );
    if (index >= 0) reciprocalRanks += 1 / (index + 1);
    if (index < 0 || index >= HIT_LIMIT) continue;
    hits++;
    if (!found.slice(0, HIT_LIMIT).some(({ score }) => score >= minimumScore)) refused++;
  }
  let falselyAnswered = 0;
  for (const question of unanswerable) {
    const found = await knowledge.search(hear(question), { limit: 1, minimumScore });
    falselyAnswered += found.length;
  }
  return {
    hitRate: hits / pairs.length,
    meanReciprocalRank: reciprocalRanks / pairs.length,
    falselyRefused: refused / pairs.length,
    falselyAnswered: falselyAnswered / unanswerable.length,
  };
}
