import type { AudioFrame, Clock, SampleRate } from '@phone-agents/core';
import { delay } from '@phone-agents/core';
import type {
  SpeechToText,
  SpeechToTextOptions,
  SpeechToTextStream,
  Transcript,
} from '../listening/speech-to-text.ts';
import type { SynthesisOptions, TextToSpeech } from '../speaking/text-to-speech.ts';
import type { VoiceActivityDetector } from '../listening/voice-activity-detector.ts';
import { createEnergyDetector } from './energy-detector.ts';
import { decodeTones, encodeTones } from './tone-code.ts';

/** Options of `createToneSpeech`; all have defaults. */
export interface ToneSpeechOptions {
  /** Rate that the recogniser takes; default 16,000. */
  readonly sttSampleRate?: SampleRate | undefined;
  /** Rate that the synthesiser gives; default 16,000. */
  readonly ttsSampleRate?: SampleRate | undefined;
  /** Rate that the detector takes; default 16,000. */
  readonly vadSampleRate?: SampleRate | undefined;
  /** The recogniser gives interim results, about every 200 ms; default false. */
  readonly interim?: boolean | undefined;
  /** The recogniser takes all audio and ends a turn by itself after so much silence; default never. */
  readonly ownEndOfTurnMs?: number | undefined;
  /** For the delays below; without it there are none. */
  readonly clock?: Clock | undefined;
  /** Time from the end of a turn to its text; default 0. */
  readonly recognitionDelayMs?: number | undefined;
  /** Time until a sentence's first samples; default 0. */
  readonly synthesisDelayMs?: number | undefined;
}

/** Speech whose words are tones: what one part says, the other truly hears. */
export interface ToneSpeech {
  readonly stt: SpeechToText;
  readonly tts: TextToSpeech;
  readonly vad: VoiceActivityDetector;
}

/** The synthesiser gives its samples in pieces of this length, which fits no frame. */
const CHUNK_MS = 70;

/**
 * Speech for tests: the synthesiser writes text into sound as tones, the recogniser reads it back out
 * of sound, the detector listens for energy. Nothing is scripted and nothing is random: a word
 * arrives only if its sound came through codec, resampler, edge and queues undamaged, and it does
 * so in the same way each time. Speech takes 60 ms for each byte of text.
 */
export function createToneSpeech(options: ToneSpeechOptions = {}): ToneSpeech {
  const { clock, recognitionDelayMs = 0, synthesisDelayMs = 0 } = options;
  const wait = async (delayMs: number, signal?: AbortSignal): Promise<void> => {
    if (clock && delayMs > 0) await delay(clock, delayMs, signal);
  };
  return {
    stt: new ToneRecogniser(options, () => wait(recognitionDelayMs)),
    tts: new ToneSynthesiser(options.ttsSampleRate ?? 16_000, (signal) =>
      wait(synthesisDelayMs, signal),
    ),
    vad: createEnergyDetector({ sampleRate: options.vadSampleRate }),
  };
}

class ToneSynthesiser implements TextToSpeech {
  readonly sampleRate: SampleRate;
  readonly #wait: (signal: AbortSignal | undefined) => Promise<void>;

  constructor(sampleRate: SampleRate, wait: (signal: AbortSignal | undefined) => Promise<void>) {
    this.sampleRate = sampleRate;
    this.#wait = wait;
  }

  async *synthesize(text: string, { signal }: SynthesisOptions = {}): AsyncGenerator<Int16Array> {
    await this.#wait(signal);
    const samples = encodeTones(text, this.sampleRate);
    const length = (CHUNK_MS * this.sampleRate) / 1000;
    for (let at = 0; at < samples.length; at += length) {
      if (signal?.aborted) return;
      yield samples.subarray(at, at + length);
    }
  }
}

class ToneRecogniser implements SpeechToText {
  readonly sampleRate: SampleRate;
  readonly isContinuous: boolean;
  readonly #options: ToneSpeechOptions;
  readonly #wait: () => Promise<void>;

  constructor(options: ToneSpeechOptions, wait: () => Promise<void>) {
    this.sampleRate = options.sttSampleRate ?? 16_000;
    this.isContinuous = options.ownEndOfTurnMs !== undefined;
    this.#options = options;
    this.#wait = wait;
  }

  async open(streamOptions: SpeechToTextOptions = {}): Promise<SpeechToTextStream> {
    return new ToneRecogniserStream(this.sampleRate, this.#options, streamOptions, this.#wait);
  }
}

/** Between interim results. */
const INTERIM_MS = 200;

class ToneRecogniserStream implements SpeechToTextStream {
  readonly #sampleRate: SampleRate;
  readonly #options: ToneSpeechOptions;
  readonly #streamOptions: SpeechToTextOptions;
  readonly #wait: () => Promise<void>;
  #turn: Int16Array[] = [];
  #untilInterimMs = INTERIM_MS;
  #interim = '';
  #silentMs = 0;

  constructor(
    sampleRate: SampleRate,
    options: ToneSpeechOptions,
    streamOptions: SpeechToTextOptions,
    wait: () => Promise<void>,
  ) {
    this.#sampleRate = sampleRate;
    this.#options = options;
    this.#streamOptions = streamOptions;
    this.#wait = wait;
  }

  write({ samples, sampleRate }: AudioFrame): void {
    if (sampleRate !== this.#sampleRate) {
      throw new RangeError(`This recogniser takes ${this.#sampleRate} Hz.`);
    }
    this.#turn.push(samples.slice());
    const durationMs = (samples.length * 1000) / sampleRate;
    this.#silentMs = samples.some((sample) => Math.abs(sample) > 500)
      ? 0
      : this.#silentMs + durationMs;
    this.#untilInterimMs -= durationMs;
    if (this.#untilInterimMs > 0) return;
    this.#untilInterimMs = INTERIM_MS;
    const { interim, ownEndOfTurnMs } = this.#options;
    if (interim) this.#tellInterim();
    if (ownEndOfTurnMs !== undefined && this.#silentMs >= ownEndOfTurnMs) this.#endOwn();
  }

  async endTurn(): Promise<Transcript> {
    const text = this.#read();
    this.discardTurn();
    await this.#wait();
    return { text };
  }

  discardTurn(): void {
    this.#turn = [];
    this.#interim = '';
  }

  async close(): Promise<void> {
    this.#turn = [];
  }

  #read(): string {
    return decodeTones(concatenate(this.#turn), this.#sampleRate);
  }

  #tellInterim(): void {
    const text = this.#read();
    if (text === this.#interim || text === '') return;
    this.#interim = text;
    queueMicrotask(() => this.#streamOptions.onInterim?.({ text }));
  }

  #endOwn(): void {
    const text = this.#read();
    this.discardTurn();
    if (text !== '') queueMicrotask(() => this.#streamOptions.onTurnEnded?.({ text }));
  }
}

function concatenate(pieces: readonly Int16Array[]): Int16Array {
  const samples = new Int16Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    samples.set(piece, at);
    at += piece.length;
  }
  return samples;
}
