import type { Clock } from '@phone-agents/core';
import type { TurnMeasurement } from '../session-events.ts';
import type { RealtimeSpeech } from './realtime-speech.ts';

/** Measures how long answers take, and tells it once they were heard, or will not be. */
export class TurnMeter {
  readonly #clock: Clock;
  readonly #tell: (measurement: TurnMeasurement) => void;
  readonly #pending = new Map<RealtimeSpeech, { measurement: TurnMeasurement; sentAt: number }>();
  #turns = 0;

  constructor(clock: Clock, tell: (measurement: TurnMeasurement) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** The first sound of a speech goes out. */
  started(speech: RealtimeSpeech): void {
    const { question } = speech.options;
    if (!question) return;
    const now = this.#clock.now();
    const { input, spokenAtMs, speechEndedAt, turnEndedAt } = question;
    const audioAt = speech.firstAudioAt ?? now;
    // Text may come behind the sound that it belongs to.
    const textAt = Math.min(speech.firstTextAt ?? audioAt, audioAt);
    const measurement = {
      turn: ++this.#turns,
      input,
      spokenAtMs,
      endOfSpeechToFirstAudioMs: now - speechEndedAt,
      endOfTurnMs: turnEndedAt - speechEndedAt,
      // The model answers what it hears; the words become known later.
      recognitionMs: 0,
      answerMs: now - turnEndedAt,
      firstTextMs: textAt - turnEndedAt,
      firstSamplesMs: audioAt - textAt,
      firstFrameMs: now - audioAt,
      isEarly: false,
    };
    this.#pending.set(speech, { measurement, sentAt: now });
  }

  /** The caller has heard the first sound of a speech. */
  heard(speech: RealtimeSpeech): void {
    const pending = this.#pending.get(speech);
    this.#pending.delete(speech);
    if (!pending) return;
    const { measurement, sentAt } = pending;
    this.#tell({ ...measurement, firstHeardMs: this.#clock.now() - sentAt });
  }

  /** A speech is over. */
  finished(speech: RealtimeSpeech): void {
    const pending = this.#pending.get(speech);
    this.#pending.delete(speech);
    if (pending) this.#tell(pending.measurement);
  }
}
