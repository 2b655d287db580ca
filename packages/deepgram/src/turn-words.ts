import type { Transcript } from '@phone-agents/agent';

/** A piece of what Deepgram recognised. */
export interface RecognisedPiece {
  readonly text: string;
  readonly confidence: number;
  /** It will not change any more. */
  readonly isFinal: boolean;
}

/** The words of one turn, as they come. */
export class TurnWords {
  readonly #texts: string[] = [];
  #confidenceSum = 0;
  #interim = '';

  add({ text, confidence, isFinal }: RecognisedPiece): void {
    this.#interim = isFinal ? '' : text;
    if (!isFinal || text === '') return;
    this.#texts.push(text);
    this.#confidenceSum += confidence;
  }

  /** Whether any words are certain. */
  get hasFinal(): boolean {
    return this.#texts.length > 0;
  }

  /** Whether words were heard that may still change. */
  get hasInterim(): boolean {
    return this.#interim !== '';
  }

  /** All words so far, those that may still change too. */
  get transcript(): Transcript {
    const count = this.#texts.length;
    const texts = this.#interim === '' ? this.#texts : [...this.#texts, this.#interim];
    const text = texts.join(' ').trim();
    return count === 0 ? { text } : { text, confidence: this.#confidenceSum / count };
  }
}
