import type {
  VoiceActivityDetector,
  VoiceActivityOptions,
  VoiceActivityStream,
} from '@phone-agents/agent';
import { AudioFormatError } from '@phone-agents/core';
import type { AudioFrame } from '@phone-agents/core';
import type { Lease } from '../worker/shared-resource.ts';
import { sharedSileroEngine } from './silero-engine.ts';
import type { SileroEngine } from './silero-engine.ts';
import { SpeechHysteresis } from './speech-hysteresis.ts';

const SAMPLE_RATE = 16_000;
const WINDOW_SAMPLES = 512;
/**
 * Measured on telephone-band speech 20 dB above its noise: in three sentences of four, what it calls
 * the end of speech lies at least this far past the true one (median 80 ms).
 */
const TAIL_MS = 60;

/** Options of {@link offlineVoiceActivity}; all have defaults. */
export interface OfflineVoiceActivityOptions {
  /** Probability from which a window begins speech; 0.5. */
  readonly startThreshold?: number | undefined;
  /** Probability below which a window counts as silence; 0.35. */
  readonly stopThreshold?: number | undefined;
  /** So much speech begins speech; 96 ms. Windows are 32 ms long. */
  readonly minimumSpeechMs?: number | undefined;
  /** So much silence ends it; 96 ms. The agent's own silence timer comes after it. */
  readonly minimumSilenceMs?: number | undefined;
}

/**
 * Voice activity detection on this machine, with Silero's model (version 6) in one worker thread for
 * all calls of the process: no account, no network, no native code. `onnxruntime-node`, where it is
 * installed, runs it faster.
 *
 * @throws RangeError where a threshold is not between 0 and 1, or `stopThreshold` is above `startThreshold`.
 */
export function offlineVoiceActivity(
  options: OfflineVoiceActivityOptions = {},
): VoiceActivityDetector {
  return new OfflineVoiceActivityDetector(options);
}

class OfflineVoiceActivityDetector implements VoiceActivityDetector {
  readonly sampleRate = SAMPLE_RATE;
  readonly tailMs = TAIL_MS;
  readonly #settings: Required<{ [K in keyof OfflineVoiceActivityOptions]: number }>;
  readonly #streams = new Set<OfflineVoiceActivityStream>();
  #lease: Lease<SileroEngine> | undefined;

  constructor(options: OfflineVoiceActivityOptions) {
    const settings = {
      startThreshold: options.startThreshold ?? 0.5,
      stopThreshold: options.stopThreshold ?? 0.35,
      minimumSpeechMs: options.minimumSpeechMs ?? 96,
      minimumSilenceMs: options.minimumSilenceMs ?? 96,
    };
    const { startThreshold, stopThreshold } = settings;
    if (!(stopThreshold > 0 && stopThreshold <= startThreshold && startThreshold < 1)) {
      throw new RangeError('It must hold that 0 < stopThreshold <= startThreshold < 1.');
    }
    this.#settings = settings;
  }

  async prepare(): Promise<void> {
    await this.#engine().prepare();
  }

  async open(options: VoiceActivityOptions): Promise<VoiceActivityStream> {
    const engine = this.#engine();
    await engine.prepare();
    const { startThreshold, stopThreshold, minimumSpeechMs, minimumSilenceMs } = this.#settings;
    const hysteresis = new SpeechHysteresis({
      windowSamples: WINDOW_SAMPLES,
      startThreshold,
      stopThreshold,
      minimumSpeechSamples: (minimumSpeechMs * SAMPLE_RATE) / 1000,
      minimumSilenceSamples: (minimumSilenceMs * SAMPLE_RATE) / 1000,
    });
    const stream = new OfflineVoiceActivityStream(engine, hysteresis, options, () => {
      this.#streams.delete(stream);
    });
    this.#streams.add(stream);
    return stream;
  }

  async close(): Promise<void> {
    for (const stream of [...this.#streams]) await stream.close();
    const lease = this.#lease;
    this.#lease = undefined;
    await lease?.release();
  }

  #engine(): SileroEngine {
    if (this.#lease?.value.failed === true) {
      void this.#lease.release();
      this.#lease = undefined;
    }
    this.#lease ??= sharedSileroEngine().lease();
    return this.#lease.value;
  }
}

class OfflineVoiceActivityStream implements VoiceActivityStream {
  readonly #engine: SileroEngine;
  readonly #stream: number;
  readonly #onClose: () => void;
  readonly #window = new Int16Array(WINDOW_SAMPLES);
  #filled = 0;
  #nextTimestamp: number | undefined;
  /** Media times of the ends of the windows whose answer is awaited, oldest first. */
  readonly #windowEnds: number[] = [];
  #closed = false;

  constructor(
    engine: SileroEngine,
    hysteresis: SpeechHysteresis,
    options: VoiceActivityOptions,
    onClose: () => void,
  ) {
    this.#engine = engine;
    this.#onClose = onClose;
    this.#stream = engine.open({
      onProbability: (probability) => {
        const endSamples = this.#windowEnds.shift() as number;
        options.onWindow?.(endSamples, probability);
        const activity = hysteresis.push(endSamples, probability);
        if (activity !== undefined) options.onActivity(activity);
      },
      onFailure: (error) => {
        this.#end();
        options.onError?.(error);
      },
    });
  }

  write(frame: AudioFrame): void {
    if (this.#closed) return;
    if (frame.sampleRate !== SAMPLE_RATE) {
      throw new AudioFormatError(
        `Voice activity detection takes ${SAMPLE_RATE} Hz, not ${frame.sampleRate} Hz: resample the frame.`,
      );
    }
    // After a hole in the media time a window would join what does not belong together.
    if (frame.timestampSamples !== this.#nextTimestamp) this.#filled = 0;
    this.#nextTimestamp = frame.timestampSamples + frame.samples.length;
    let taken = 0;
    while (taken < frame.samples.length) {
      const part = frame.samples.subarray(taken, taken + WINDOW_SAMPLES - this.#filled);
      this.#window.set(part, this.#filled);
      this.#filled += part.length;
      taken += part.length;
      if (this.#filled < WINDOW_SAMPLES) break;
      this.#filled = 0;
      this.#windowEnds.push(frame.timestampSamples + taken);
      this.#engine.analyse(this.#stream, this.#window);
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#engine.close(this.#stream);
    this.#end();
  }

  #end(): void {
    this.#closed = true;
    this.#windowEnds.length = 0;
    this.#onClose();
  }
}
