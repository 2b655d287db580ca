import type { Spectrum } from './fourier.ts';
import { inverseTransform, powerOfTwo, transform } from './fourier.ts';

/** A sound in which others are looked for. */
export interface SoundSearch {
  /**
   * How alike the sound is to `expected` at the place where it is most alike: 1 for the same sound
   * whatever its level, around 0 for another one.
   *
   * @throws RangeError where `expected` is longer than it was said that it would be.
   */
  find(expected: Int16Array): number;
  /**
   * The same for the piece of `expected` that is least alike, of those that can be heard: one word that
   * is another makes all the difference.
   */
  findLeastAlike(expected: Int16Array): number;
}

/** An eighth of a second at 8 kHz: shorter than any word that matters. */
const PIECE_SAMPLES = 1_000;
/** A piece of less than this part of the mean power is a pause. */
const PAUSE = 0.05;

/** @param longest samples of the longest sound that will be looked for */
export function createSoundSearch(heard: Int16Array, longest: number): SoundSearch {
  const size = powerOfTwo(heard.length + longest);
  const spectrum = transform(heard, size);
  const energy = new Float64Array(heard.length + 1);
  for (let index = 0; index < heard.length; index++) {
    energy[index + 1] = energy[index]! + heard[index]! ** 2;
  }
  const locate = (expected: Int16Array): { readonly at: number; readonly alike: number } => {
    if (expected.length > longest) throw new RangeError('The expected sound is too long.');
    const products = correlate(spectrum, transform(expected, size));
    const own = powerOf(expected);
    let best = { at: 0, alike: 0 };
    for (let at = 0; at + expected.length <= heard.length; at++) {
      const power = Math.sqrt((energy[at + expected.length]! - energy[at]!) * own);
      if (power > 0 && products[at]! / power > best.alike) {
        best = { at, alike: products[at]! / power };
      }
    }
    return best;
  };
  return {
    find: (expected) => locate(expected).alike,
    findLeastAlike(expected) {
      const { at } = locate(expected);
      const mean = (powerOf(expected) * PIECE_SAMPLES) / expected.length;
      let least = 1;
      for (let start = 0; start + PIECE_SAMPLES <= expected.length; start += PIECE_SAMPLES) {
        const piece = expected.subarray(start, start + PIECE_SAMPLES);
        const power = powerOf(piece);
        if (power < mean * PAUSE) continue;
        const from = at + start;
        const heardPower = energy[from + PIECE_SAMPLES]! - energy[from]!;
        let product = 0;
        for (let index = 0; index < PIECE_SAMPLES; index++) {
          product += heard[from + index]! * piece[index]!;
        }
        least = Math.min(least, heardPower > 0 ? product / Math.sqrt(heardPower * power) : 0);
      }
      return Math.max(0, least);
    },
  };
}

function powerOf(samples: Int16Array): number {
  let power = 0;
  for (const sample of samples) power += sample ** 2;
  return power;
}

/** At each index the sum of the products of both sounds, the second moved there. */
function correlate(first: Spectrum, second: Spectrum): Float64Array {
  const { real, imaginary } = second;
  for (let index = 0; index < real.length; index++) {
    const re = real[index]! * first.real[index]! + imaginary[index]! * first.imaginary[index]!;
    const im = real[index]! * first.imaginary[index]! - imaginary[index]! * first.real[index]!;
    real[index] = re;
    imaginary[index] = im;
  }
  return inverseTransform(second);
}
