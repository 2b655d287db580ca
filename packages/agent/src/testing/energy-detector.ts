import type { AudioFrame, SampleRate } from '@phone-agents/core';
import type {
  VoiceActivityDetector,
  VoiceActivityOptions,
  VoiceActivityStream,
} from '../listening/voice-activity-detector.ts';

const WINDOW_MS = 32;
/** A window whose samples are louder than this on average holds speech. */
const THRESHOLD = 500;
/** So many loud windows begin speech. */
const START_WINDOWS = 2;
/** So many quiet ones end it. */
const END_WINDOWS = 3;

/** Options of the energy detector; all have defaults. */
export interface EnergyDetectorOptions {
  /** Default 16,000. */
  readonly sampleRate?: SampleRate | undefined;
}

/**
 * Tells sound from silence by its energy, for tests: deterministic, and like detectors in a worker
 * it answers later, never within `write`.
 */
export function createEnergyDetector(options: EnergyDetectorOptions = {}): VoiceActivityDetector {
  const sampleRate = options.sampleRate ?? 16_000;
  return {
    sampleRate,
    tailMs: WINDOW_MS / 2,
    open: async (streamOptions) => new EnergyDetectorStream(sampleRate, streamOptions),
  };
}

class EnergyDetectorStream implements VoiceActivityStream {
  readonly #sampleRate: SampleRate;
  readonly #options: VoiceActivityOptions;
  readonly #windowSamples: number;
  #sum = 0;
  #filled = 0;
  #isSpeech = false;
  /** Windows in a row that speak for a change. */
  #contrary = 0;
  /** End of the last loud window. */
  #lastLoudEnd = 0;
  #isClosed = false;

  constructor(sampleRate: SampleRate, options: VoiceActivityOptions) {
    this.#sampleRate = sampleRate;
    this.#options = options;
    this.#windowSamples = (WINDOW_MS * sampleRate) / 1000;
  }

  write(frame: AudioFrame): void {
    if (frame.sampleRate !== this.#sampleRate) {
      throw new RangeError(`This detector takes ${this.#sampleRate} Hz.`);
    }
    for (let i = 0; i < frame.samples.length; i++) {
      this.#sum += Math.abs(frame.samples[i]!);
      if (++this.#filled < this.#windowSamples) continue;
      this.#judge(frame.timestampSamples + i + 1, this.#sum / this.#filled > THRESHOLD);
      this.#sum = 0;
      this.#filled = 0;
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  #judge(endSamples: number, isLoud: boolean): void {
    this.#later(() => this.#options.onWindow?.(endSamples, isLoud ? 1 : 0));
    if (isLoud) this.#lastLoudEnd = endSamples;
    this.#contrary = isLoud === this.#isSpeech ? 0 : this.#contrary + 1;
    if (this.#contrary < (this.#isSpeech ? END_WINDOWS : START_WINDOWS)) return;
    const timestampSamples = isLoud
      ? endSamples - START_WINDOWS * this.#windowSamples
      : this.#lastLoudEnd;
    this.#isSpeech = isLoud;
    this.#contrary = 0;
    const type = isLoud ? 'speech-started' : 'speech-ended';
    this.#later(() =>
      this.#options.onActivity({ type, timestampSamples, decidedAtSamples: endSamples }),
    );
  }

  #later(tell: () => void): void {
    queueMicrotask(() => {
      if (!this.#isClosed) tell();
    });
  }
}
