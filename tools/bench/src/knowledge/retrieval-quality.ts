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
  /** Share of the questions of which the best passage reaches the score at which an agent answers. */
  readonly answered: number;
  /** The same for questions that no document answers: the less, the better. */
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
  let answered = 0;
  for (const { question, document, contains } of pairs) {
    const found = await knowledge.search(hear(question), { limit: LOOKED_AT });
    const index = found.findIndex(
      ({ documentId, text }) => documentId === `${folder}/${document}` && text.includes(contains),
    );
    if (index >= 0) reciprocalRanks += 1 / (index + 1);
    if (index >= 0 && index < HIT_LIMIT) hits++;
    if ((found[0]?.score ?? 0) >= minimumScore) answered++;
  }
  let falselyAnswered = 0;
  for (const question of unanswerable) {
    const found = await knowledge.search(hear(question), { limit: 1, minimumScore });
    falselyAnswered += found.length;
  }
  return {
    hitRate: hits / pairs.length,
    meanReciprocalRank: reciprocalRanks / pairs.length,
    answered: answered / pairs.length,
    falselyAnswered: falselyAnswered / unanswerable.length,
  };
}
