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
  reorder(real);
  reorder(imaginary);
  for (let half = 1; half < size; half *= 2) {
    const angle = -Math.PI / half;
    for (let offset = 0; offset < half; offset++) {
      const cosine = Math.cos(angle * offset);
      const sine = Math.sin(angle * offset);
      for (let low = offset; low < size; low += 2 * half) {
        const high = low + half;
        const re = real[high]! * cosine - imaginary[high]! * sine;
        const im = real[high]! * sine + imaginary[high]! * cosine;
        real[high] = real[low]! - re;
        imaginary[high] = imaginary[low]! - im;
        real[low]! += re;
        imaginary[low]! += im;
      }
    }
  }
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
