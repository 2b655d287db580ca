import type { CallerInput } from '../session-events.ts';
import type { AgentSpeech, SpeechOutcome } from '../speaking/utterance.ts';
import { heardWords } from './heard-words.ts';

/** A piece of speech that the model knows by its id. */
export interface SpokenItem {
  readonly itemId: string;
  /** Where it begins and ends among all that the agent publishes, in ms. */
  readonly startMs: number;
  endMs: number;
  text: string;
}

/** When the caller's question was over, by the clock. */
export interface QuestionTimes {
  readonly input: CallerInput;
  /** Media time of its end, in ms. */
  readonly spokenAtMs: number;
  readonly speechEndedAt: number;
  readonly turnEndedAt: number;
}

export interface RealtimeSpeechOptions {
  readonly kind: 'greeting' | 'reply' | 'announcement' | 'apology';
  /** What the model is told for this answer alone. */
  readonly instructions?: string | undefined;
  /** The caller cannot interrupt it. */
  readonly isProtected?: boolean | undefined;
  /** What it answers. */
  readonly question?: QuestionTimes | undefined;
  readonly interrupt: (speech: RealtimeSpeech) => void;
}

/** Something that the model was asked to say, from the request to the last word that was heard. */
export class RealtimeSpeech implements AgentSpeech {
  readonly options: RealtimeSpeechOptions;
  readonly finished: Promise<SpeechOutcome>;
  readonly items: SpokenItem[] = [];
  /** The answer that is being made of it. */
  responseId: string | undefined;
  /** Media time of its first sound; undefined before. */
  startedAtMs: number | undefined;
  /** Clock time at which its first text and its first audio came; undefined before. */
  firstTextAt: number | undefined;
  firstAudioAt: number | undefined;
  /** Nothing more of it comes. */
  isMade = false;
  outcome: SpeechOutcome | undefined;
  #resolve!: (outcome: SpeechOutcome) => void;

  constructor(options: RealtimeSpeechOptions) {
    this.options = options;
    this.finished = new Promise((resolve) => (this.#resolve = resolve));
  }

  /** Some of its audio has come, be it heard or not. */
  get hasAudio(): boolean {
    return this.firstAudioAt !== undefined;
  }

  /** Where its audio ends among all that the agent publishes, in ms. */
  get endMs(): number {
    return this.items.at(-1)?.endMs ?? 0;
  }

  /** All its words so far. */
  get text(): string {
    return this.items
      .map(({ text }) => text.trim())
      .filter((text) => text !== '')
      .join(' ');
  }

  interrupt(): void {
    if (!this.outcome) this.options.interrupt(this);
  }

  /** The words that were heard when the agent's audio was heard up to `positionMs`. */
  heardText(positionMs: number): string {
    return this.items
      .map(({ text, startMs, endMs }) => heardWords(text, endMs - startMs, positionMs - startMs))
      .filter((text) => text !== '')
      .join(' ');
  }

  /** Nothing of it will be heard. */
  drop(): void {
    this.settle({ text: '', heardText: '', interrupted: true });
  }

  settle(outcome: SpeechOutcome): void {
    if (this.outcome) return;
    this.outcome = outcome;
    this.#resolve(outcome);
  }
}
