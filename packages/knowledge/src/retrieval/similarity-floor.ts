/**
 * Questions that hardly any documents answer. To some models all texts are alike: what these questions
 * reach tells from where on a similarity means something.
 */
const UNRELATED_QUESTIONS = [
  'Which planet has the most moons?',
  'Why do cats purr?',
  'How do glaciers move?',
  'Who composed the first opera?',
  'What did Vikings eat on their ships?',
];
/** So much of the way from there to 1 a passage must be nearer. */
const MARGIN = 0.2;

/** Similarities to the passage that is nearest to each of some questions; 0 where there is none. */
export type MeasureSimilarity = (questions: readonly string[]) => Promise<readonly number[]>;

/** The similarity that an embedding model's passages must reach to count as found, for one index. */
export class SimilarityFloor {
  readonly #measure: MeasureSimilarity;
  #floor: Promise<number> | undefined;

  constructor(measure: MeasureSimilarity) {
    this.#measure = measure;
  }

  /** Measured once; 0 where that fails, to be tried again. */
  get(): Promise<number> {
    const measured = (this.#floor ??= this.#measure(UNRELATED_QUESTIONS).then(floorOf, () => {
      if (this.#floor === measured) this.#floor = undefined;
      return 0;
    }));
    return measured;
  }

  /** The index has changed. */
  reset(): void {
    this.#floor = undefined;
  }
}

/** The median: one of the questions may have an answer after all. */
function floorOf(similarities: readonly number[]): number {
  const median =
    similarities.toSorted((left, right) => left - right)[similarities.length >> 1] ?? 0;
  return median <= 0 ? 0 : median + MARGIN * (1 - median);
}
