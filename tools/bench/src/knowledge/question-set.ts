import { readFileSync } from 'node:fs';

/** A question, and the passage that answers it. */
export interface QuestionPair {
  readonly question: string;
  /** File of the example folder. */
  readonly document: string;
  /** Text that the passage has. */
  readonly contains: string;
}

/** One half of the questions. */
export interface QuestionSet {
  readonly pairs: readonly QuestionPair[];
  /** Questions to which the documents have no answer. */
  readonly unanswerable: readonly string[];
}

/** The folder that the questions are about. */
export const EXAMPLE_FOLDER = new URL(
  '../../../../apps/phone-agent/support/documents/',
  import.meta.url,
);

interface QuestionFile extends QuestionSet {
  /** More of them, for the tuning half alone: ten are too few to tell one setting from another. */
  readonly unanswerableForTuning: readonly string[];
}

/**
 * The questions that were written for the example folder, in two halves. Whoever changes how passages
 * are found looks at the tuning half only; of the other half the benchmark prints rates, never questions.
 */
export function readQuestions(): { readonly tuning: QuestionSet; readonly heldOut: QuestionSet } {
  const all = JSON.parse(
    readFileSync(new URL('./questions.json', import.meta.url), 'utf8'),
  ) as QuestionFile;
  const half = (remainder: number): QuestionSet => ({
    pairs: all.pairs.filter((_, index) => index % 2 === remainder),
    unanswerable: all.unanswerable.filter((_, index) => index % 2 === remainder),
  });
  const tuning = half(0);
  return {
    tuning: {
      ...tuning,
      unanswerable: [...tuning.unanswerable, ...all.unanswerableForTuning],
    },
    heldOut: half(1),
  };
}
