/** Complex numbers as two arrays of one length, which is a power of two. */
export interface Spectrum {
  readonly real: Float64Array;
  readonly imaginary: Float64Array;
}

/** The lowest power of two that is at least `length`. */
export function powerOfTwo(length: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, length)));
}

/** Fourier transform of real samples, padded with zeros to `size` (a power of two). */
export function transform(samples: Int16Array, size: number): Spectrum {
  const spectrum = { real: new Float64Array(size), imaginary: new Float64Array(size) };
  spectrum.real.set(samples);
  transformInPlace(spectrum);
  return spectrum;
}

/** Real part of the inverse transform; overwrites `spectrum`. */
export function inverseTransform({ real, imaginary }: Spectrum): Float64Array {
  // The inverse is the transform with its parts exchanged.
  transformInPlace({ real: imaginary, imaginary: real });
  for (let index = 0; index < real.length; index++) real[index]! /= real.length;
  return real;
}

/** Cooley and Tukey's transform of radix 2. */
function transformInPlace({ real, imaginary }: Spectrum): void {
  const size = real.length;
  const { cosines, sines } = turnsFor(size);
  reorder(real);
  reorder(imaginary);
  for (let half = 1; half < size; half *= 2) {
    const step = size / (2 * half);
    for (let block = 0; block < size; block += 2 * half) {
      for (let low = block, turn = 0; low < block + half; low++, turn += step) {
        const high = low + half;
        const cosine = cosines[turn]!;
        const sine = sines[turn]!;
        const re = real[high]! * cosine - imaginary[high]! * sine;
        const im = real[high]! * sine + imaginary[high]! * cosine;
        real[high] = real[low]! - re;
        imaginary[high] = imaginary[low]! - im;
        real[low] = real[low]! + re;
        imaginary[low] = imaginary[low]! + im;
      }
    }
  }
}

interface Turns {
  readonly cosines: Float64Array;
  readonly sines: Float64Array;
}

let lastTurns: { readonly size: number; readonly turns: Turns } | undefined;

/** Half a turn in `size / 2` steps; kept, for the next transform is usually of the same size. */
function turnsFor(size: number): Turns {
  if (lastTurns?.size === size) return lastTurns.turns;
  const cosines = Float64Array.from({ length: size / 2 }, (_, k) =>
    Math.cos((-2 * Math.PI * k) / size),
  );
  const sines = Float64Array.from({ length: size / 2 }, (_, k) =>
    Math.sin((-2 * Math.PI * k) / size),
  );
  lastTurns = { size, turns: { cosines, sines } };
  return lastTurns.turns;
}

/** Puts every value where the bits of its index, read backwards, say. */
function reorder(values: Float64Array): void {
  const size = values.length;
  for (let index = 1, reversed = 0; index < size; index++) {
    let bit = size >> 1;
    for (; reversed & bit; bit >>= 1) reversed ^= bit;
    reversed ^= bit;
    if (index < reversed) {
      const value = values[index]!;
      values[index] = values[reversed]!;
      values[reversed] = value;
    }
  }
}
