import type {
  SpeechToText,
  SpeechToTextHints,
  SpeechToTextOptions,
  SpeechToTextStream,
} from '@phone-agents/agent';
import type { Lease } from '../worker/shared-resource.ts';
import { ModelStore } from './model-store.ts';
import { OfflineSpeechStream, SAMPLE_RATE } from './offline-speech-stream.ts';
import type { RecognitionModel } from './recognition-model.ts';
import { sharedRecogniserPool } from './recogniser-pool.ts';
import type { RecogniserPool } from './recogniser-pool.ts';
import { recogniserMissing } from './speech-recognition-availability.ts';

const DEFAULT_FREQUENT_WORDS = 4_000;
const DEFAULT_END_TURN_TIMEOUT_MS = 4_000;
const DEFAULT_MINIMUM_SCORE_PER_FRAME = -52;

/** Options of {@link offlineSpeechToText}. */
export interface OfflineSpeechToTextOptions {
  /** Sentences that callers are likely to say: the more of them, the fewer words are misheard. */
  readonly phrases: readonly string[];
  /** How many of the most frequent English words are understood besides; 4,000. */
  readonly frequentWords?: number | undefined;
  /** The words of a turn must come within this time, else the recogniser is restarted; 4,000 ms. */
  readonly endTurnTimeoutMs?: number | undefined;
  /**
   * A path that scores less for each 10 ms gives an empty transcript; -52. Sentences near the phrases
   * score -14 to -48, other languages -56 and below. `-Infinity` lets all through.
   */
  readonly minimumScorePerFrame?: number | undefined;
  /** Folder of the English model, where it is not in the system's usual one. */
  readonly modelDirectory?: string | undefined;
}

/**
 * Speech recognition on this machine, tuned to the agent's own phrases, with PocketSphinx in worker
 * threads that all recognisers of the process share. Not for dictation. It needs the system's
 * `pocketsphinx` and `pocketsphinx-en-us`: `speechRecognitionAvailability` tells.
 *
 * `endTurn` rejects with code `speech_recognition_timeout` where the words do not come in time; the
 * stream then goes on with a fresh recogniser, and so do others that shared the thread, whose turn
 * was lost with it and is reported once.
 */
export function offlineSpeechToText(options: OfflineSpeechToTextOptions): SpeechToText {
  return new OfflineSpeechToText(options);
}

class OfflineSpeechToText implements SpeechToText {
  readonly sampleRate = SAMPLE_RATE;
  readonly #options: OfflineSpeechToTextOptions;
  readonly #models = new ModelStore();
  readonly #streams = new Set<OfflineSpeechStream>();
  #preparedPhrases: readonly string[] = [];
  #lease: Lease<RecogniserPool> | undefined;

  constructor(options: OfflineSpeechToTextOptions) {
    this.#options = options;
  }

  async prepare(hints: SpeechToTextHints = {}): Promise<void> {
    this.#preparedPhrases = hints.phrases ?? this.#preparedPhrases;
    await this.#load([]);
  }

  async open(options: SpeechToTextOptions = {}): Promise<SpeechToTextStream> {
    const { model, modelDirectory, pool } = await this.#load(options.phrases ?? []);
    const { endTurnTimeoutMs, minimumScorePerFrame } = this.#options;
    const stream = new OfflineSpeechStream(
      {
        pool,
        model,
        modelDirectory,
        endTurnTimeoutMs: endTurnTimeoutMs ?? DEFAULT_END_TURN_TIMEOUT_MS,
        minimumScorePerFrame: minimumScorePerFrame ?? DEFAULT_MINIMUM_SCORE_PER_FRAME,
        onClosed: () => this.#streams.delete(stream),
      },
      options,
    );
    this.#streams.add(stream);
    await stream.start();
    if (options.signal?.aborted === true) await stream.close();
    return stream;
  }

  async close(): Promise<void> {
    for (const stream of [...this.#streams]) await stream.close();
    this.#models.clear();
    const lease = this.#lease;
    this.#lease = undefined;
    await lease?.release();
  }

  async #load(
    phrases: readonly string[],
  ): Promise<{ model: RecognitionModel; modelDirectory: string; pool: RecogniserPool }> {
    this.#lease ??= sharedRecogniserPool().lease();
    const pool = this.#lease.value;
    try {
      const modelDirectory = await pool.thread().probe(this.#options.modelDirectory);
      const model = await this.#models.get({
        modelDirectory,
        phrases: [
          ...new Set([...this.#options.phrases, ...this.#preparedPhrases, ...phrases]),
        ].sort(),
        frequentWords: this.#options.frequentWords ?? DEFAULT_FREQUENT_WORDS,
      });
      return { model, modelDirectory, pool };
    } catch (error) {
      throw recogniserMissing(error);
    }
  }
}
