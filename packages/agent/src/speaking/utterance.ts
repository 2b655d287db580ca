import type { PlacedToolCall } from '../conversation.ts';
import type { AnswerSource } from '../session-events.ts';
import { SpeechProgress } from './speech-progress.ts';
import { SpokenAudio } from './spoken-audio.ts';

/** One sentence of what is to be spoken, and its audio where it was rendered beforehand. */
export interface PreparedSentence {
  /** As the transcript shows it. */
  readonly text: string;
  readonly samples?: Int16Array | undefined;
}

/** A sentence whose audio somebody else makes, with its text. */
export interface SpokenSentence {
  /** Samples at the agent's rate; they are kept. */
  readonly chunks: AsyncIterable<Int16Array>;
  /** The words that the samples so far hold. */
  readonly text: () => string;
}

/** What is to be spoken, as the session orders it. */
export interface SpeechJob {
  readonly kind: 'greeting' | 'reply' | 'announcement' | 'apology' | 'prompt' | 'filler';
  /** The caller cannot interrupt it. */
  readonly isProtected?: boolean | undefined;
  /** It is made, but not spoken before {@link Utterance.release}. */
  readonly isDraft?: boolean | undefined;
  /** Its sentences as they are made; stops when the signal is aborted. */
  readonly sentences: (signal: AbortSignal) => AsyncIterable<PreparedSentence | SpokenSentence>;
  /** Tools that were called for it; grows while it is made. */
  readonly toolCalls?: readonly PlacedToolCall[] | undefined;
  /** What it is made from; grows while it is made. */
  readonly sources?: readonly AnswerSource[] | undefined;
  /** It fails when so long nothing comes of it and nothing is being played. */
  readonly timeoutMs?: number | undefined;
  /** Its first samples are there. */
  readonly onFirstSamples?: (() => void) | undefined;
  /** Its first frame has gone out. */
  readonly onFirstAudio?: (() => void) | undefined;
  /** Its first frame was heard. */
  readonly onFirstHeard?: (() => void) | undefined;
}

/** How something that the agent said came out. */
export interface SpeechOutcome {
  /** All that was given to be spoken. */
  readonly text: string;
  /** The words that the caller heard. */
  readonly heardText: string;
  /** How much of its audio the caller heard, in ms. */
  readonly heardMs?: number | undefined;
  /** It was stopped before its end. */
  readonly interrupted: boolean;
  /** Why it was not spoken to its end, where that is a fault. */
  readonly error?: unknown;
}

/** Something that the agent says, or is about to say. */
export interface AgentSpeech {
  /** Resolves when the caller has heard it, or it was stopped, or it failed; never rejects. */
  readonly finished: Promise<SpeechOutcome>;
  /** Stops it, or takes it out of the queue. Repeatable. */
  interrupt(): void;
}

/** What an {@link Utterance} asks of the speaker. */
export interface UtteranceOwner {
  interruptOne(utterance: Utterance): void;
  released(utterance: Utterance): void;
}

/** One {@link SpeechJob} on its way through the speaker. */
export class Utterance implements AgentSpeech {
  readonly job: SpeechJob;
  readonly finished: Promise<SpeechOutcome>;
  readonly progress = new SpeechProgress();
  readonly audio: SpokenAudio;
  /** Media time of its first frame; undefined before. */
  startedAtMs: number | undefined;
  outcome: SpeechOutcome | undefined;
  /** What of each sentence was heard; set with the outcome. */
  heardSentences: readonly string[] = [];
  readonly #making = new AbortController();
  readonly #life = new AbortController();
  readonly #owner: UtteranceOwner;
  #isDraft: boolean;
  #resolve!: (outcome: SpeechOutcome) => void;

  constructor(job: SpeechJob, sampleRate: number, owner: UtteranceOwner) {
    this.job = job;
    this.audio = new SpokenAudio(sampleRate);
    this.#owner = owner;
    this.#isDraft = job.isDraft ?? false;
    this.finished = new Promise((resolve) => (this.#resolve = resolve));
  }

  /** Aborted when nothing more is to be made of it. */
  get makingSignal(): AbortSignal {
    return this.#making.signal;
  }

  /** Aborted when it is over. */
  get signal(): AbortSignal {
    return this.#life.signal;
  }

  /** It is made, but not to be spoken yet. */
  get isDraft(): boolean {
    return this.#isDraft;
  }

  /** A draft may be spoken now. */
  release(): void {
    if (!this.#isDraft || this.outcome) return;
    this.#isDraft = false;
    this.#owner.released(this);
  }

  interrupt(): void {
    if (!this.outcome) this.#owner.interruptOne(this);
  }

  /** Makes no more of it; what is queued is still played. */
  stopMaking(error: unknown): void {
    this.#making.abort(error);
  }

  settle(outcome: SpeechOutcome): void {
    if (this.outcome) return;
    this.outcome = outcome;
    this.#making.abort();
    this.#life.abort();
    this.#resolve(outcome);
  }
}
