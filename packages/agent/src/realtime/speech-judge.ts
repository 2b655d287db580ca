import type { AudioFrame, Logger } from '@phone-agents/core';
import { RateConverter } from '../listening/rate-converter.ts';
import type {
  VoiceActivityDetector,
  VoiceActivityStream,
} from '../listening/voice-activity-detector.ts';

/** From this probability on a window counts as speech. */
const VOICED = 0.5;

export interface SpeechJudgeOptions {
  readonly vad: VoiceActivityDetector;
  readonly logger: Logger;
  readonly callId: string;
  /** Speech has begun at `startMs` of media time, or goes on, and has been heard up to `untilMs`. */
  readonly onSpeech: (startMs: number, untilMs: number) => void;
  /** The speech is over, and truly ended at `atMs`: the detector's own tail is taken off. */
  readonly onSilence: (atMs: number) => void;
}

/** Tells how long the caller has truly been speaking, by a detector of our own. */
export class SpeechJudge {
  readonly #options: SpeechJudgeOptions;
  readonly #converter: RateConverter;
  readonly #frame: { -readonly [K in keyof AudioFrame]: AudioFrame[K] };
  #stream: VoiceActivityStream | undefined;
  #startMs: number | undefined;
  #untilMs = 0;
  #isClosed = false;

  constructor(options: SpeechJudgeOptions) {
    this.#options = options;
    const { sampleRate } = options.vad;
    this.#converter = new RateConverter(sampleRate);
    this.#frame = { samples: new Int16Array(0), sampleRate, timestampSamples: 0 };
  }

  /** False where it has failed: then nobody judges, and the model's word counts. */
  get isListening(): boolean {
    return this.#stream !== undefined;
  }

  async open(): Promise<void> {
    const { vad, onSpeech, onSilence } = this.#options;
    await vad.prepare?.();
    if (this.#isClosed) return;
    const toMs = 1000 / vad.sampleRate;
    const stream = await vad.open({
      onActivity: ({ type, timestampSamples, decidedAtSamples }) => {
        if (this.#isClosed) return;
        this.#startMs = type === 'speech-started' ? timestampSamples * toMs : undefined;
        if (this.#startMs !== undefined) onSpeech(this.#startMs, decidedAtSamples * toMs);
        else onSilence(timestampSamples * toMs - vad.tailMs);
      },
      onWindow: (endSamples, probability) => {
        if (this.#isClosed || this.#startMs === undefined || probability < VOICED) return;
        this.#untilMs = endSamples * toMs;
        onSpeech(this.#startMs, this.#untilMs);
      },
      onError: (error) => {
        this.#stream = undefined;
        if (this.#startMs !== undefined) onSilence(this.#untilMs);
        this.#startMs = undefined;
        const { logger, callId } = this.#options;
        logger.warn({ callId, error }, 'Voice activity detection failed; the model judges alone');
      },
    });
    if (this.#isClosed) await stream.close();
    else this.#stream = stream;
  }

  /** One frame of the caller's, at any rate; borrowed. */
  receive(frame: AudioFrame, startMs: number): void {
    if (!this.#stream) return;
    this.#frame.samples = this.#converter.convert(frame);
    this.#frame.timestampSamples = Math.round((startMs * this.#frame.sampleRate) / 1000);
    this.#stream.write(this.#frame);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const stream = this.#stream;
    this.#stream = undefined;
    await stream?.close();
  }
}
