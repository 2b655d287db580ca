import type { VoiceActivity } from '@phone-agents/agent';

export interface SpeechHysteresisOptions {
  /** Length of one analysed window. */
  readonly windowSamples: number;
  /** A window at or above this probability begins speech. */
  readonly startThreshold: number;
  /** A window below this probability counts towards its end. */
  readonly stopThreshold: number;
  /** So much must be at or above `startThreshold`, without a window below `stopThreshold` between. */
  readonly minimumSpeechSamples: number;
  /** So much must be below `stopThreshold` in one piece. */
  readonly minimumSilenceSamples: number;
}

/** Turns the probabilities of one stream's windows into beginnings and ends of speech. */
export class SpeechHysteresis {
  readonly #options: SpeechHysteresisOptions;
  #speaking = false;
  /** Speech so far while silent, silence so far while speaking. */
  #evidenceSamples = 0;
  #firstSpeechSamples = 0;
  #lastSpeechSamples = 0;

  constructor(options: SpeechHysteresisOptions) {
    this.#options = options;
  }

  /**
   * Takes the next window.
   *
   * @param endSamples media time of the window's end.
   */
  push(endSamples: number, probability: number): VoiceActivity | undefined {
    return this.#speaking
      ? this.#awaitEnd(endSamples, probability)
      : this.#awaitStart(endSamples, probability);
  }

  #awaitStart(endSamples: number, probability: number): VoiceActivity | undefined {
    const { startThreshold, stopThreshold, windowSamples, minimumSpeechSamples } = this.#options;
    if (probability < stopThreshold) this.#evidenceSamples = 0;
    if (probability < startThreshold) return undefined;
    if (this.#evidenceSamples === 0) this.#firstSpeechSamples = endSamples - windowSamples;
    this.#evidenceSamples += windowSamples;
    if (this.#evidenceSamples < minimumSpeechSamples) return undefined;
    this.#speaking = true;
    this.#evidenceSamples = 0;
    this.#lastSpeechSamples = endSamples;
    return {
      type: 'speech-started',
      timestampSamples: this.#firstSpeechSamples,
      decidedAtSamples: endSamples,
    };
  }

  #awaitEnd(endSamples: number, probability: number): VoiceActivity | undefined {
    const { stopThreshold, windowSamples, minimumSilenceSamples } = this.#options;
    if (probability >= stopThreshold) {
      this.#lastSpeechSamples = endSamples;
      this.#evidenceSamples = 0;
      return undefined;
    }
    this.#evidenceSamples += windowSamples;
    if (this.#evidenceSamples < minimumSilenceSamples) return undefined;
    this.#speaking = false;
    this.#evidenceSamples = 0;
    return {
      type: 'speech-ended',
      timestampSamples: this.#lastSpeechSamples,
      decidedAtSamples: endSamples,
    };
  }
}
