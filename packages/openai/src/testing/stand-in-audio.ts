import { decodeL16, decodeMulaw, encodeL16, encodeMulaw } from '@phone-agents/core';

/** How a session's audio goes over the socket. */
export interface StandInFormat {
  readonly isMulaw: boolean;
  readonly sampleRate: number;
}

/** From a session's `audio.input.format` or `audio.output.format`. */
export function readFormat(format: unknown): StandInFormat {
  const { type } = (format ?? {}) as { type?: string };
  return type === 'audio/pcmu'
    ? { isMulaw: true, sampleRate: 8_000 }
    : { isMulaw: false, sampleRate: 24_000 };
}

export function decodeAudio(base64: string, { isMulaw }: StandInFormat): Int16Array {
  const bytes = Buffer.from(base64, 'base64');
  return isMulaw ? decodeMulaw(bytes) : decodeL16(bytes, 'little-endian');
}

export function encodeAudio(samples: Int16Array, { isMulaw }: StandInFormat): string {
  const bytes = isMulaw ? encodeMulaw(samples) : encodeL16(samples, 'little-endian');
  return Buffer.from(bytes).toString('base64');
}

/** A window whose samples are louder than this on average holds speech. */
const LOUD = 300;
const WINDOW_MS = 20;
/** So many loud windows in a row begin speech. */
const START_WINDOWS = 2;

export interface HeardTurn {
  readonly startMs: number;
  readonly endMs: number;
  readonly samples: Int16Array;
}

/** Finds the turns in a session's audio by their energy. */
export class EnergyTurns {
  readonly #onStarted: (startMs: number) => void;
  readonly #onEnded: (turn: HeardTurn) => void;
  #sampleRate = 0;
  #samples = new Int16Array(0);
  /** Samples that are gone already. */
  #dropped = 0;
  #analysed = 0;
  #loudWindows = 0;
  #start: number | undefined;
  #lastLoud = 0;

  constructor(onStarted: (startMs: number) => void, onEnded: (turn: HeardTurn) => void) {
    this.#onStarted = onStarted;
    this.#onEnded = onEnded;
  }

  /** All audio so far, in ms. */
  get totalMs(): number {
    return this.#toMs(this.#dropped + this.#samples.length);
  }

  push(samples: Int16Array, sampleRate: number, silenceMs: number): void {
    this.#sampleRate = sampleRate;
    const joined = new Int16Array(this.#samples.length + samples.length);
    joined.set(this.#samples);
    joined.set(samples, this.#samples.length);
    this.#samples = joined;
    const window = (WINDOW_MS * sampleRate) / 1000;
    while (this.#analysed + window <= this.#samples.length) {
      this.#judge(this.#analysed, this.#analysed + window, silenceMs);
    }
  }

  #judge(from: number, to: number, silenceMs: number): void {
    this.#analysed = to;
    if (isLoud(this.#samples.subarray(from, to))) {
      this.#lastLoud = to;
      if (++this.#loudWindows < START_WINDOWS || this.#start !== undefined) return;
      this.#start = to - START_WINDOWS * (to - from);
      this.#onStarted(this.#toMs(this.#dropped + this.#start));
      return;
    }
    this.#loudWindows = 0;
    if (this.#start === undefined || this.#toMs(to - this.#lastLoud) < silenceMs) return;
    const turn = {
      startMs: this.#toMs(this.#dropped + this.#start),
      endMs: this.#toMs(this.#dropped + this.#lastLoud),
      samples: this.#samples.slice(this.#start, to),
    };
    this.#start = undefined;
    this.#samples = this.#samples.slice(to);
    this.#dropped += to;
    this.#analysed = 0;
    this.#onEnded(turn);
  }

  #toMs(samples: number): number {
    return this.#sampleRate === 0 ? 0 : (samples * 1000) / this.#sampleRate;
  }
}

function isLoud(samples: Int16Array): boolean {
  let sum = 0;
  for (const sample of samples) sum += Math.abs(sample);
  return sum / samples.length > LOUD;
}
