import type { AudioFrame, SampleRate } from '../audio/audio-frame.ts';

/** A sine of `frequencyHz`, endless and without a click from piece to piece. */
export class ToneGenerator {
  readonly #step: number;
  readonly #amplitude: number;
  #phase = 0;

  constructor(frequencyHz: number, sampleRate: SampleRate, amplitude = 8_000) {
    this.#step = (2 * Math.PI * frequencyHz) / sampleRate;
    this.#amplitude = amplitude;
  }

  /** Writes the next samples. */
  fill(into: Int16Array): Int16Array {
    for (let i = 0; i < into.length; i++) {
      into[i] = Math.round(this.#amplitude * Math.sin(this.#phase));
      this.#phase += this.#step;
    }
    this.#phase %= 2 * Math.PI;
    return into;
  }
}

/** `durationMs` of a sine. */
export function toneSamples(
  frequencyHz: number,
  sampleRate: SampleRate,
  durationMs: number,
): Int16Array {
  const samples = new Int16Array((sampleRate / 1000) * durationMs);
  return new ToneGenerator(frequencyHz, sampleRate).fill(samples);
}

/** Share of the energy that is at `frequencyHz`: 1 for that sine alone, about 0 for anything else. */
export function toneShare(
  samples: Int16Array,
  sampleRate: SampleRate,
  frequencyHz: number,
): number {
  const step = (2 * Math.PI * frequencyHz) / sampleRate;
  let real = 0;
  let imaginary = 0;
  let energy = 0;
  for (let i = 0; i < samples.length; i++) {
    const sample = samples[i]!;
    real += sample * Math.cos(step * i);
    imaginary += sample * Math.sin(step * i);
    energy += sample * sample;
  }
  if (energy === 0) return 0;
  return (2 * (real * real + imaginary * imaginary)) / (samples.length * energy);
}

const WINDOW_MS = 200;
/** A codec, concealed losses and a hand-over within the window still leave this. */
const MIN_SHARE = 0.6;
const MIN_LEVEL = 400;

/** Remembers the last 200 ms of sound and says which tone it is. Keeps copies only. */
export class ToneEar {
  /** Frames that came. */
  frames = 0;
  #window: Int16Array = new Int16Array(0);
  #sampleRate: SampleRate = 8000;
  #at = 0;

  hear(frame: Pick<AudioFrame, 'samples' | 'sampleRate'>): void {
    if (this.#window.length === 0 || this.#sampleRate !== frame.sampleRate) {
      this.#sampleRate = frame.sampleRate;
      this.#window = new Int16Array((frame.sampleRate / 1000) * WINDOW_MS);
      this.#at = 0;
    }
    this.#window.set(frame.samples, this.#at);
    this.#at = (this.#at + frame.samples.length) % this.#window.length;
    this.frames++;
  }

  /** Whether the last 200 ms were a tone of `frequencyHz`, loud enough to be heard. */
  hears(frequencyHz: number): boolean {
    return this.level >= MIN_LEVEL && this.#share(frequencyHz) >= MIN_SHARE;
  }

  /** Effective level of the last 200 ms; 32,767 is the loudest. */
  get level(): number {
    let energy = 0;
    for (const sample of this.#window) energy += sample * sample;
    return Math.sqrt(energy / Math.max(1, this.#window.length));
  }

  /** Forgets what was heard. */
  forget(): void {
    this.#window.fill(0);
  }

  #share(frequencyHz: number): number {
    const inOrder = new Int16Array(this.#window.length);
    inOrder.set(this.#window.subarray(this.#at));
    inOrder.set(this.#window.subarray(0, this.#at), this.#window.length - this.#at);
    return toneShare(inOrder, this.#sampleRate, frequencyHz);
  }
}
