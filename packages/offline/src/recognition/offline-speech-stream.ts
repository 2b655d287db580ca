import type { SpeechToTextOptions, SpeechToTextStream, Transcript } from '@phone-agents/agent';
import { AudioFormatError, PhoneAgentError } from '@phone-agents/core';
import type { AudioFrame } from '@phone-agents/core';
import type { Hypothesis } from './pocketsphinx.ts';
import type { RecognitionModel } from './recognition-model.ts';
import { recogniserMissing } from './speech-recognition-availability.ts';
import type { RecogniserPool, Seat } from './recogniser-pool.ts';

export const SAMPLE_RATE = 16_000;
/** Audio travels to the thread in pieces of 100 ms. */
const BATCH_SAMPLES = 1_600;
/** A stream whose thread is lost more often has a fault that a new thread does not mend. */
const MOST_MOVES = 3;

export interface OfflineSpeechStreamSettings {
  readonly pool: RecogniserPool;
  readonly modelDirectory: string;
  readonly model: RecognitionModel;
  readonly endTurnTimeoutMs: number;
  readonly minimumScorePerFrame: number;
  readonly onClosed: () => void;
}

/** Recognition of one call: batches its audio, waits for its words, moves to a new thread if its own is lost. */
export class OfflineSpeechStream implements SpeechToTextStream {
  readonly #settings: OfflineSpeechStreamSettings;
  readonly #options: SpeechToTextOptions;
  readonly #closeOnAbort = () => void this.close();
  #seat: Seat | undefined;
  #opened: Promise<void> = Promise.resolve();
  #batch = new Int16Array(BATCH_SAMPLES);
  #filled = 0;
  #heardInTurn = false;
  #lostTurn: PhoneAgentError | undefined;
  #moves = 0;
  #closed = false;

  constructor(settings: OfflineSpeechStreamSettings, options: SpeechToTextOptions) {
    this.#settings = settings;
    this.#options = options;
  }

  /** Resolves when the decoder is ready. */
  async start(): Promise<void> {
    this.#options.signal?.addEventListener('abort', this.#closeOnAbort, { once: true });
    this.#takeSeat();
    try {
      await this.#opened;
    } catch (error) {
      await this.close();
      throw recogniserMissing(error);
    }
  }

  write(frame: AudioFrame): void {
    if (this.#closed) return;
    if (frame.sampleRate !== SAMPLE_RATE) {
      throw new AudioFormatError(
        `Offline recognition takes ${SAMPLE_RATE} Hz, not ${frame.sampleRate} Hz: resample the frame.`,
      );
    }
    this.#heardInTurn = true;
    let taken = 0;
    while (taken < frame.samples.length) {
      const part = frame.samples.subarray(taken, taken + BATCH_SAMPLES - this.#filled);
      this.#batch.set(part, this.#filled);
      this.#filled += part.length;
      taken += part.length;
      if (this.#filled === BATCH_SAMPLES) this.#flush();
    }
  }

  async endTurn(): Promise<Transcript> {
    if (this.#closed) throw streamClosed();
    this.#flush();
    this.#heardInTurn = false;
    const lost = this.#lostTurn;
    this.#lostTurn = undefined;
    if (lost !== undefined) throw lost;
    const seat = this.#seat as Seat;
    await this.#opened;
    const hypothesis = await this.#watched(seat);
    return this.#transcript(hypothesis);
  }

  discardTurn(): void {
    this.#filled = 0;
    this.#lostTurn = undefined;
    if (!this.#heardInTurn || this.#closed) return;
    this.#heardInTurn = false;
    const seat = this.#seat as Seat;
    // Nobody waits for these words, and a lost thread is dealt with where it is noticed.
    seat.thread.endTurn(seat.stream).catch(() => undefined);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#options.signal?.removeEventListener('abort', this.#closeOnAbort);
    if (this.#seat !== undefined) this.#settings.pool.leave(this.#seat);
    this.#settings.onClosed();
  }

  #takeSeat(): void {
    const { pool, model, modelDirectory } = this.#settings;
    const { onInterim } = this.#options;
    const seat = pool.take({
      onInterim: (text) => {
        if (!this.#closed) onInterim?.({ text });
      },
      onLost: (error) => this.#move(error),
    });
    this.#seat = seat;
    // Messages keep their order, so audio may follow before the decoder is ready.
    this.#opened = seat.thread.open({
      stream: seat.stream,
      modelDirectory,
      languageModel: model.languageModel,
      dictionary: model.dictionary,
      interim: onInterim !== undefined,
    });
    this.#opened.catch(() => undefined);
  }

  /** What the caller said in this turn is lost with the thread; `endTurn` says so once. */
  #move(error: PhoneAgentError): void {
    if (this.#closed) return;
    this.#filled = 0;
    if (this.#heardInTurn) this.#lostTurn = error;
    this.#moves += 1;
    if (this.#moves <= MOST_MOVES) {
      this.#takeSeat();
      const opened = this.#opened;
      opened.catch((cause: unknown) => {
        if (this.#opened === opened) this.#giveUp(cause);
      });
      return;
    }
    this.#giveUp(error);
  }

  #giveUp(error: unknown): void {
    if (this.#closed) return;
    void this.close();
    this.#options.onError?.(error);
  }

  #flush(): void {
    if (this.#filled === 0) return;
    const { thread, stream } = this.#seat as Seat;
    const full = this.#filled === BATCH_SAMPLES;
    thread.write(stream, full ? this.#batch : this.#batch.slice(0, this.#filled));
    // The memory of a full batch has moved to the thread.
    if (full) this.#batch = new Int16Array(BATCH_SAMPLES);
    this.#filled = 0;
  }

  async #watched(seat: Seat): Promise<Hypothesis> {
    const { endTurnTimeoutMs } = this.#settings;
    const timer = setTimeout(() => {
      seat.thread.abandon(
        new PhoneAgentError(
          'speech_recognition_timeout',
          `The recogniser gave no words within ${endTurnTimeoutMs} ms and was restarted: ask the caller to say it again.`,
        ),
      );
    }, endTurnTimeoutMs);
    try {
      return await seat.thread.endTurn(seat.stream);
    } finally {
      clearTimeout(timer);
    }
  }

  #transcript({ text, score, frames }: Hypothesis): Transcript {
    const perFrame = frames > 0 ? score / frames : 0;
    return { text: perFrame < this.#settings.minimumScorePerFrame ? '' : text };
  }
}

function streamClosed(): PhoneAgentError {
  return new PhoneAgentError('speech_stream_closed', 'This recognition stream has been closed.');
}
