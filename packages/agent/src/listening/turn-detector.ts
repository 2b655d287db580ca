import type { VoiceActivity } from './voice-activity-detector.ts';

/** One turn of the caller's, found by voice activity. All times are media time in ms. */
export interface DetectedTurn {
  /** Where its speech began. */
  readonly startMs: number;
  /** Where its speech truly ended: the detector's own tail is taken off. */
  readonly endMs: number;
  /** Up to where the audio was analysed when the end was decided. */
  readonly decidedAtMs: number;
  /** How much speech it held, pauses not counted. */
  readonly speechMs: number;
}

export interface TurnDetectorOptions {
  /** Silence after speech that ends a turn. */
  readonly silenceMs: number;
  /** How far past the true end of speech the detector still reports speech. */
  readonly tailMs: number;
  /** A turn that lasts longer is ended there. */
  readonly maxTurnMs: number;
  /** Speech has begun at `startMs`, or goes on, and has been heard up to `untilMs`. */
  readonly onSpeechContinued: (startMs: number, untilMs: number) => void;
  /** Within a turn the caller has been silent for `silentMs`, and may go on. */
  readonly onPaused: (silentMs: number) => void;
  readonly onTurnEnded: (turn: DetectedTurn) => void;
}

/** From this probability on a window counts as speech. */
const VOICED = 0.5;

/**
 * Finds the caller's turns in what the voice activity detector reports: speech, then silence. It
 * knows no clock; the detector's decisions carry all the time there is, however late they come.
 */
export class TurnDetector {
  readonly #options: TurnDetectorOptions;
  /** Up to where the detector has decided. */
  #analysedMs = 0;
  #turnStartMs: number | undefined;
  /** Start of the stretch of speech that goes on now. */
  #speechStartMs: number | undefined;
  /** End of the last stretch of speech, as the detector reports it. */
  #speechEndMs = 0;
  #speechMs = 0;

  constructor(options: TurnDetectorOptions) {
    this.#options = options;
  }

  /** Up to where the detector has decided, in ms. */
  get analysedMs(): number {
    return this.#analysedMs;
  }

  /** Where the turn that goes on began; undefined between turns. */
  get turnStartMs(): number | undefined {
    return this.#turnStartMs;
  }

  /** Where the last speech of the turn ended; undefined while the caller speaks. */
  get silentSinceMs(): number | undefined {
    return this.#speechStartMs === undefined ? this.#speechEndMs : undefined;
  }

  activity(type: VoiceActivity['type'], atMs: number, decidedAtMs: number): void {
    this.#analysedMs = Math.max(this.#analysedMs, decidedAtMs);
    if (type === 'speech-started') {
      if (this.#speechStartMs !== undefined) return;
      this.#speechStartMs = atMs;
      this.#turnStartMs ??= atMs;
      this.#options.onSpeechContinued(atMs, decidedAtMs);
      return;
    }
    if (this.#speechStartMs === undefined) return;
    this.#speechMs += Math.max(0, atMs - this.#speechStartMs);
    this.#speechEndMs = atMs;
    this.#speechStartMs = undefined;
    this.#judgeSilence();
  }

  window(endMs: number, probability: number): void {
    this.#analysedMs = Math.max(this.#analysedMs, endMs);
    if (this.#turnStartMs === undefined) return;
    const startMs = this.#speechStartMs;
    if (startMs !== undefined) {
      if (probability >= VOICED) this.#options.onSpeechContinued(startMs, endMs);
      if (endMs - this.#turnStartMs >= this.#options.maxTurnMs) this.#cut(startMs);
      return;
    }
    // A voiced window may be the first of more speech, which the detector has yet to believe in.
    if (probability < VOICED) this.#judgeSilence();
  }

  /** The recogniser says that the turn is over; false where there is none. */
  finish(): boolean {
    if (this.#turnStartMs === undefined) return false;
    if (this.#speechStartMs === undefined) this.#end(this.#speechEndMs - this.#options.tailMs);
    else this.#cut(this.#speechStartMs);
    return true;
  }

  /** Forgets the turn that goes on, and what is being said. */
  reset(): void {
    this.#turnStartMs = undefined;
    this.#speechStartMs = undefined;
    this.#speechMs = 0;
  }

  #judgeSilence(): void {
    const silentMs = this.#analysedMs - (this.#speechEndMs - this.#options.tailMs);
    if (silentMs >= this.#options.silenceMs) this.#end(this.#speechEndMs - this.#options.tailMs);
    else this.#options.onPaused(silentMs);
  }

  /** The turn is over although the detector hears speech: what comes from here on is the next one. */
  #cut(speechStartMs: number): void {
    const nowMs = this.#analysedMs;
    this.#speechMs += nowMs - speechStartMs;
    this.#end(nowMs);
    this.#turnStartMs = nowMs;
    this.#speechStartMs = nowMs;
  }

  #end(endMs: number): void {
    const startMs = this.#turnStartMs;
    if (startMs === undefined) return;
    const speechMs = this.#speechMs;
    this.#turnStartMs = undefined;
    this.#speechMs = 0;
    this.#options.onTurnEnded({
      startMs,
      endMs: Math.max(startMs, endMs),
      decidedAtMs: this.#analysedMs,
      speechMs,
    });
  }
}
