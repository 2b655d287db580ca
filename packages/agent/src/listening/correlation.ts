/**
 * How alike a pattern and the best fitting stretch of a longer signal are, from 0 (nothing in common)
 * to 1 (the same but for loudness). By way of Fourier transforms, for the signal is long.
 *
 * @param signal Its length is a power of two; that of the pattern is less.
 */
export function bestMatch(pattern: Float32Array, signal: Float32Array): number {
  const size = signal.length;
  const patternEnergy = energyOf(pattern);
  if (patternEnergy === 0) return 0;
  // Both are real, so one transform takes both: the signal as real part, the pattern as imaginary part.
  const real = signal.slice();
  const imaginary = new Float32Array(size);
  imaginary.set(pattern);
  transform(real, imaginary);
  correlateSpectra(real, imaginary);
  transform(real, imaginary);
  let best = 0;
  let windowEnergy = energyOf(signal.subarray(0, pattern.length));
  // Where the pattern would reach beyond the signal's end it would meet its beginning.
  for (let lag = 0; lag + pattern.length <= size; lag++) {
    // A second forward transform gives the result backwards.
    const at = lag === 0 ? 0 : size - lag;
    if (windowEnergy > patternEnergy * 1e-6) {
      const product = Math.hypot(real[at]!, imaginary[at]!) / size;
      best = Math.max(best, product / Math.sqrt(windowEnergy * patternEnergy));
    }
    const leaving = signal[lag]!;
    const entering = signal[lag + pattern.length] ?? 0;
    windowEnergy += entering * entering - leaving * leaving;
  }
  return Math.min(1, best);
}

function energyOf(samples: Float32Array): number {
  let energy = 0;
  for (const sample of samples) energy += sample * sample;
  return energy;
}

/**
 * From the joint spectrum of signal and pattern: signal times the pattern's conjugate, without its
 * negative half. The size of what becomes of that does not depend on fractions of a sample, by
 * which delays differ.
 */
function correlateSpectra(real: Float32Array, imaginary: Float32Array): void {
  const size = real.length;
  for (let index = 0; index <= size / 2; index++) {
    const mirror = (size - index) % size;
    const a = real[index]!;
    const b = imaginary[index]!;
    const c = real[mirror]!;
    const d = imaginary[mirror]!;
    const signalReal = (a + c) / 2;
    const signalImaginary = (b - d) / 2;
    const patternReal = (b + d) / 2;
    const patternImaginary = (c - a) / 2;
    const productReal = signalReal * patternReal + signalImaginary * patternImaginary;
    const productImaginary = signalImaginary * patternReal - signalReal * patternImaginary;
    const isOwnMirror = mirror === index;
    if (!isOwnMirror) {
      real[mirror] = 0;
      imaginary[mirror] = 0;
    }
    real[index] = isOwnMirror ? productReal : 2 * productReal;
    imaginary[index] = isOwnMirror ? productImaginary : 2 * productImaginary;
  }
}

/** Roots of unity of each size that was needed: half a circle. */
const rootsOfSize = new Map<number, { cosines: Float32Array; sines: Float32Array }>();

function rootsOf(size: number): { cosines: Float32Array; sines: Float32Array } {
  let roots = rootsOfSize.get(size);
  if (roots) return roots;
  roots = { cosines: new Float32Array(size / 2), sines: new Float32Array(size / 2) };
  for (let index = 0; index < size / 2; index++) {
    roots.cosines[index] = Math.cos((2 * Math.PI * index) / size);
    roots.sines[index] = -Math.sin((2 * Math.PI * index) / size);
  }
  rootsOfSize.set(size, roots);
  return roots;
}

/** Fourier transform in place; the length is a power of two. */
function transform(real: Float32Array, imaginary: Float32Array): void {
  const size = real.length;
  const { cosines, sines } = rootsOf(size);
  for (let index = 1, reversed = 0; index < size; index++) {
    let bit = size >> 1;
    for (; reversed & bit; bit >>= 1) reversed ^= bit;
    reversed ^= bit;
    if (index >= reversed) continue;
    const r = real[index]!;
    const i = imaginary[index]!;
    real[index] = real[reversed]!;
    imaginary[index] = imaginary[reversed]!;
    real[reversed] = r;
    imaginary[reversed] = i;
  }
  for (let length = 2; length <= size; length *= 2) {
    const half = length / 2;
    const step = size / length;
    for (let start = 0; start < size; start += length) {
      for (let offset = 0; offset < half; offset++) {
        const at = start + offset;
        const other = at + half;
        const cosine = cosines[offset * step]!;
        const sine = sines[offset * step]!;
        const r = real[other]! * cosine - imaginary[other]! * sine;
        const i = real[other]! * sine + imaginary[other]! * cosine;
        real[other] = real[at]! - r;
        imaginary[other] = imaginary[at]! - i;
        real[at] = real[at]! + r;
        imaginary[at] = imaginary[at]! + i;
      }
    }
  }
}
