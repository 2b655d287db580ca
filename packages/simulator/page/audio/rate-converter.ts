/** Zero crossings of the filter on each side of its centre. */
const LOBES = 16;
/** Where the filter is 6 dB down, as a part of the lower of both Nyquist frequencies. */
const CUTOFF = 0.92;
const KAISER_BETA = 8;

/**
 * Converts sound between any two sample rates: browsers have 44.1 or 48 kHz, phones 8 or 16. A windowed
 * sinc, with the exact filter of every phase that occurs; delays by 16 samples of the lower rate.
 */
export class RateConverter {
  readonly #up: number;
  readonly #down: number;
  readonly #taps: number;
  readonly #filters: Float32Array;
  /** Input that filters still need, and the new input behind it. */
  #buffer: Float32Array;
  #filled: number;
  /** Where the next output lies, in steps of one input sample divided by `#up`, from the buffer's start. */
  #position = 0;

  constructor(inputRate: number, outputRate: number) {
    const divisor = greatestCommonDivisor(inputRate, outputRate);
    this.#up = outputRate / divisor;
    this.#down = inputRate / divisor;
    const cutoff = Math.min(1, outputRate / inputRate) * CUTOFF;
    const half = Math.ceil((LOBES * Math.max(inputRate, outputRate)) / outputRate);
    this.#taps = 2 * half;
    this.#filters = makeFilters(this.#up, half, cutoff);
    this.#buffer = new Float32Array(this.#taps + 4_096);
    this.#filled = this.#taps - 1;
  }

  /** Converts the next piece, of any length; the result is yours. */
  process(input: Float32Array): Float32Array {
    this.#append(input);
    const taps = this.#taps;
    const reach = (this.#filled - taps + 1) * this.#up;
    const count = Math.max(0, Math.ceil((reach - this.#position) / this.#down));
    const output = new Float32Array(count);
    for (let n = 0; n < count; n++) {
      const start = Math.floor(this.#position / this.#up);
      const filter = (this.#position % this.#up) * taps;
      let sum = 0;
      for (let k = 0; k < taps; k++) sum += this.#filters[filter + k]! * this.#buffer[start + k]!;
      output[n] = sum;
      this.#position += this.#down;
    }
    const done = Math.min(Math.floor(this.#position / this.#up), this.#filled);
    this.#buffer.copyWithin(0, done, this.#filled);
    this.#filled -= done;
    this.#position -= done * this.#up;
    return output;
  }

  #append(input: Float32Array): void {
    if (this.#filled + input.length > this.#buffer.length) {
      const grown = new Float32Array((this.#filled + input.length) * 2);
      grown.set(this.#buffer.subarray(0, this.#filled));
      this.#buffer = grown;
    }
    this.#buffer.set(input, this.#filled);
    this.#filled += input.length;
  }
}

function makeFilters(phases: number, half: number, cutoff: number): Float32Array {
  const taps = 2 * half;
  const filters = new Float32Array(phases * taps);
  for (let phase = 0; phase < phases; phase++) {
    const filter = filters.subarray(phase * taps, (phase + 1) * taps);
    let sum = 0;
    for (let k = 0; k < taps; k++) {
      const x = k - (half - 1) - phase / phases;
      filter[k] = sinc(cutoff * x) * kaiser(x / half);
      sum += filter[k]!;
    }
    // Every phase passes a constant alike, or there would be a tone at the rate of the phases.
    for (let k = 0; k < taps; k++) filter[k]! /= sum;
  }
  return filters;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

function kaiser(x: number): number {
  return Math.abs(x) > 1 ? 0 : bessel(KAISER_BETA * Math.sqrt(1 - x * x)) / bessel(KAISER_BETA);
}

/** The modified Bessel function of the first kind and order 0, by its series. */
function bessel(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
