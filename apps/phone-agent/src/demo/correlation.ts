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
   * The same for a sound that was stretched by gaps (a busy machine plays late): it is looked for in
   * pieces of a quarter of a second, each not far behind the one before.
   */
  findInPieces(expected: Int16Array): number;
}

const PIECE_SAMPLES = 2_000;
/** So far from its place, found for the whole, a piece may stand. */
const REACH_SAMPLES = 3_200;

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
    findInPieces(expected) {
      const { at } = locate(expected);
      let sum = 0;
      let weights = 0;
      for (let start = 0; start + PIECE_SAMPLES <= expected.length; start += PIECE_SAMPLES) {
        const piece = expected.subarray(start, start + PIECE_SAMPLES);
        const weight = Math.sqrt(powerOf(piece));
        sum += weight * bestNear(heard, energy, piece, at + start);
        weights += weight;
      }
      return weights === 0 ? 0 : sum / weights;
    },
  };
}

function powerOf(samples: Int16Array): number {
  let power = 0;
  for (const sample of samples) power += sample ** 2;
  return power;
}

/** How alike `piece` is to what was heard around index `near`, at best. */
function bestNear(
  heard: Int16Array,
  energy: Float64Array,
  piece: Int16Array,
  near: number,
): number {
  const own = powerOf(piece);
  const last = Math.min(heard.length - piece.length, near + REACH_SAMPLES);
  let best = 0;
  for (let at = Math.max(0, near - REACH_SAMPLES); at <= last; at++) {
    let product = 0;
    for (let index = 0; index < piece.length; index++)
      product += heard[at + index]! * piece[index]!;
    const power = Math.sqrt((energy[at + piece.length]! - energy[at]!) * own);
    if (power > 0) best = Math.max(best, product / power);
  }
  return best;
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
