import type { SampleRate } from '../audio/audio-frame.ts';
import { samplesPerFrame } from '../audio/audio-frame.ts';
import type { Resampler } from '../audio/resampler.ts';
import { createResampler } from '../audio/resampler.ts';
import type { HoldSound } from '../calls/call-control.ts';

const CHIME_RATE = 8000;
const CHIME_PERIOD_MS = 4_000;
/** Two soft notes, a fourth apart; each fades within so many ms. */
const CHIME_NOTES = [
  { atMs: 0, hz: 523.25 },
  { atMs: 350, hz: 698.46 },
] as const;
const CHIME_FADE_MS = 300;
const CHIME_PEAK = 3_000;

let chime: HoldSound | undefined;

/** The hold sound where none is given: quiet, so that nobody holds the phone away, and rare enough to think. */
function holdChime(): HoldSound {
  if (chime) return chime;
  const samples = new Int16Array((CHIME_RATE * CHIME_PERIOD_MS) / 1000);
  for (const { atMs, hz } of CHIME_NOTES) {
    const start = (CHIME_RATE * atMs) / 1000;
    for (let index = start; index < samples.length; index++) {
      const ms = ((index - start) * 1000) / CHIME_RATE;
      const level = CHIME_PEAK * Math.min(1, ms / 10) * Math.exp(-ms / CHIME_FADE_MS);
      if (ms > 10 && level < 1) break;
      samples[index]! += Math.round(level * Math.sin((2 * Math.PI * hz * ms) / 1000));
    }
  }
  chime = { samples, sampleRate: CHIME_RATE };
  return chime;
}

/** Plays a sound over and over, frame by frame. */
export class HoldPlayer {
  readonly #samples: Int16Array;
  readonly #frame: Int16Array;
  readonly #resampler: Resampler | undefined;
  #at = 0;

  /** @throws RangeError for an empty sound. */
  constructor(sampleRate: SampleRate, sound: HoldSound = holdChime()) {
    if (sound.samples.length === 0) throw new RangeError('The hold sound is empty.');
    this.#samples = sound.samples;
    this.#frame = new Int16Array(samplesPerFrame(sound.sampleRate));
    if (sound.sampleRate !== sampleRate) {
      this.#resampler = createResampler(sound.sampleRate, sampleRate);
    }
  }

  /** The next 20 ms; borrowed. */
  next(): Int16Array {
    for (let filled = 0; filled < this.#frame.length;) {
      const piece = this.#samples.subarray(this.#at, this.#at + this.#frame.length - filled);
      this.#frame.set(piece, filled);
      filled += piece.length;
      this.#at = (this.#at + piece.length) % this.#samples.length;
    }
    return this.#resampler ? this.#resampler.process(this.#frame) : this.#frame;
  }
}
