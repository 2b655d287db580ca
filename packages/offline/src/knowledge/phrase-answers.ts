import MiniSearch from 'minisearch';
import stem from 'wink-porter2-stemmer';
import { spokenWords } from '../recognition/spoken-words.ts';
import { STOP_WORDS } from './stop-words.ts';

const DEFAULT_MINIMUM_SCORE = 0.5;
const CANDIDATES = 10;
const UNKNOWN_WORD_WEIGHT = 0.3;

/** One thing that the agent knows. */
export interface PhraseEntry {
  /** The ways in which callers ask for it; each is a sentence. */
  readonly questions: readonly string[];
  /** What the agent says. */
  readonly answer: string;
}

/** What {@link createPhraseAnswers} answers from. */
export interface PhraseAnswersOptions {
  readonly entries: readonly PhraseEntry[];
  /**
   * How much of a question and of what was asked must be the same, 0 to 1; 0.5. Words count by how
   * much they tell the entries apart; an entry's own question scores 1.
   */
  readonly minimumScore?: number | undefined;
  /** What is said where no entry fits; without it `answer` gives undefined then. */
  readonly otherwise?: string | undefined;
}

/** An answer that was found, and how well it fits. */
export interface PhraseAnswer {
  readonly answer: string;
  /** 0 to 1; 0 for `otherwise`. */
  readonly score: number;
  /** Undefined for `otherwise`. */
  readonly entry: PhraseEntry | undefined;
}

/** Finds the answer to what a caller said among a few that were written beforehand. */
export interface PhraseAnswers {
  /** The best answer, or undefined where none fits and there is no `otherwise`. */
  answer(text: string): PhraseAnswer | undefined;
  /** All questions: what callers are likely to say, for the recogniser. */
  phrases(): string[];
}

/**
 * Answers from a small list of questions, by their words: stemmed, without stop words, forgiving a
 * misspelling. No network, no model.
 *
 * @example
 * const answers = createPhraseAnswers({
 *   entries: [{ questions: ['When are you open?'], answer: 'From nine to five.' }],
 *   otherwise: 'Sorry, I do not know that.',
 * });
 * answers.answer('are you open on Sunday')?.answer; // 'From nine to five.'
 *
 * @throws RangeError where there is no entry, or one without a question or an answer.
 */
export function createPhraseAnswers(options: PhraseAnswersOptions): PhraseAnswers {
  const { entries, minimumScore = DEFAULT_MINIMUM_SCORE, otherwise } = options;
  if (entries.length === 0) throw new RangeError('entries must not be empty.');
  for (const { questions, answer } of entries) {
    if (questions.length === 0 || answer.trim() === '') {
      throw new RangeError('Every entry needs at least one question and an answer.');
    }
  }
  const questions = entries.flatMap((entry) => entry.questions.map((text) => ({ text, entry })));
  const exact = new Map(questions.map(({ text, entry }) => [spokenWords(text).join(' '), entry]));
  const index = new MiniSearch<{ id: number; text: string }>({
    fields: ['text'],
    tokenize: contentWords,
    processTerm: (word) => word,
  });
  index.addAll(questions.map(({ text }, id) => ({ id, text })));
  const weigh = weights(entries);

  return {
    answer(text) {
      const same = exact.get(spokenWords(text).join(' '));
      if (same !== undefined) return { answer: same.answer, score: 1, entry: same };
      const asked = weigh(contentWords(text));
      let best: PhraseAnswer | undefined;
      for (const hit of index.search(text, { fuzzy: fuzziness }).slice(0, CANDIDATES)) {
        const { text: question, entry } = questions[hit.id as number] as (typeof questions)[number];
        // Words of the question that were asked for, against all that was asked and all it holds.
        const score = weigh(hit.terms) / Math.sqrt(asked * weigh(contentWords(question)));
        if (score > (best?.score ?? 0)) best = { answer: entry.answer, score, entry };
      }
      if (best !== undefined && best.score >= minimumScore) return best;
      return otherwise === undefined
        ? undefined
        : { answer: otherwise, score: 0, entry: undefined };
    },
    phrases: () => questions.map(({ text }) => text),
  };
}

/** Words that tell entries apart, as their stems, each once. */
function contentWords(text: string): string[] {
  return [
    ...new Set(
      spokenWords(text)
        .filter((word) => !STOP_WORDS.has(word))
        .map(stem),
    ),
  ];
}

/** Part of a word's length that may be misspelt; short words are as they are. */
function fuzziness(word: string): number | false {
  return word.length > 4 ? 0.2 : false;
}

/** Weighs words: what few entries have tells more, what none has (a misheard word) tells least. */
function weights(entries: readonly PhraseEntry[]): (words: readonly string[]) => number {
  const entriesWith = new Map<string, number>();
  for (const { questions } of entries) {
    for (const word of new Set(questions.flatMap(contentWords))) {
      entriesWith.set(word, (entriesWith.get(word) ?? 0) + 1);
    }
  }
  const weigh = (word: string) => {
    const times = entriesWith.get(word);
    return times === undefined ? UNKNOWN_WORD_WEIGHT : Math.log(1 + entries.length / times);
  };
  return (words) => words.reduce((sum, word) => sum + weigh(word), 0);
}
