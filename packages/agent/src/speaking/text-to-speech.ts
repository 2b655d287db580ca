import type { SampleRate } from '@phone-agents/core';

/** How one text is spoken. */
export interface SynthesisOptions {
  /** Aborting it ends the synthesis; the iterable then ends without an error. */
  readonly signal?: AbortSignal | undefined;
}

/** Turns text into speech. Reusable for many calls at once. */
export interface TextToSpeech {
  /** Rate of the samples that it yields, in Hz. */
  readonly sampleRate: SampleRate;
  /** Loads what takes time, so that the first sentence does not wait. Repeatable. */
  prepare?(): Promise<void>;
  /**
   * Speaks one sentence or more.
   *
   * @returns chunks of signed 16-bit mono PCM at `sampleRate`, of any length, as they are made.
   */
  synthesize(text: string, options?: SynthesisOptions): AsyncIterable<Int16Array>;
  /** Frees what all syntheses share. */
  close?(): Promise<void>;
}
