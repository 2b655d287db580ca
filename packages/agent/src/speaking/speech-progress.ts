interface PlacedSentence {
  readonly text: () => string;
  /** Where its audio begins within the utterance's, in ms. */
  readonly startMs: number;
  endMs: number;
  isComplete: boolean;
}

/** What counts as heard to its end although its last bit, mostly silence, was not. */
const END_TOLERANCE_MS = 60;
/** Speech takes about this long per letter: for sentences whose audio is still being made. */
const MS_PER_LETTER = 65;

/** Which words of an utterance lie where in its audio, to tell what was heard of it. */
export class SpeechProgress {
  readonly #sentences: PlacedSentence[] = [];

  /** Everything that was given to be spoken so far. */
  get text(): string {
    return this.sentences.filter((text) => text !== '').join(' ');
  }

  /** All sentences that were given to be spoken so far. */
  get sentences(): string[] {
    return this.#sentences.map(({ text }) => text());
  }

  /** Where the audio of each sentence begins and ends so far, in ms, and whether that is all of it. */
  get spans(): readonly Pick<PlacedSentence, 'startMs' | 'endMs' | 'isComplete'>[] {
    return this.#sentences;
  }

  /** A sentence begins at `atMs`; a function gives as much of its text as there is by then. */
  begin(text: string | (() => string), atMs: number): void {
    this.#sentences.push({
      text: typeof text === 'function' ? text : () => text,
      startMs: atMs,
      endMs: atMs,
      isComplete: false,
    });
  }

  /** The audio of the sentence reaches to `toMs` by now. */
  extend(toMs: number): void {
    const last = this.#sentences.at(-1);
    if (last) last.endMs = toMs;
  }

  /** The audio of the sentence is complete, up to `toMs`. */
  complete(toMs: number): void {
    this.extend(toMs);
    const last = this.#sentences.at(-1);
    if (last) last.isComplete = true;
  }

  /**
   * The words that were heard when the audio was heard up to `positionMs`: sentences exactly,
   * words within one in proportion to its time.
   */
  heardText(positionMs: number): string {
    return this.heardSentences(positionMs).join(' ');
  }

  /** {@link heardText}, sentence by sentence; those of which nothing was heard are left out. */
  heardSentences(positionMs: number): string[] {
    const heard: string[] = [];
    for (const sentence of this.#sentences) {
      const words = heardWords(sentence, positionMs);
      if (words) heard.push(words);
      if (words !== sentence.text()) break;
    }
    return heard;
  }
}

function heardWords(sentence: PlacedSentence, positionMs: number): string {
  const { startMs, endMs, isComplete } = sentence;
  const text = sentence.text();
  if (positionMs <= startMs) return '';
  if (isComplete && positionMs + END_TOLERANCE_MS >= endMs) return text;
  const knownMs = endMs - startMs;
  const durationMs = isComplete ? knownMs : Math.max(knownMs, text.length * MS_PER_LETTER);
  const letters = Math.floor((text.length * (positionMs - startMs)) / durationMs);
  // A word that was cut off was not heard.
  if (letters >= text.length) return text;
  if (/\s/.test(text[letters]!)) return text.slice(0, letters).trimEnd();
  return text.slice(0, Math.max(0, text.slice(0, letters).search(/\s\S*$/)));
}
