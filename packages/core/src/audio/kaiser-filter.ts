/** What a low-pass filter for one change of rate is made from. */
export interface NyquistFilterDesign {
  /** The higher rate divided by the lower: 2 makes a half-band filter, 3 a third-band filter. */
  readonly ratio: 2 | 3;
  /** Length of the filter, odd. Longer is sharper, dearer and later. */
  readonly taps: number;
  /** Shape of the Kaiser window: higher damps more beyond a wider transition. */
  readonly beta: number;
}

/**
 * Designs a low-pass filter that cuts off at the lower rate's half: a sinc under a Kaiser window
 * (J. F. Kaiser, "Nonrecursive digital filter design using the I0-sinh window function", 1974).
 *
 * Every `ratio`-th tap from the middle is zero, so one output phase in `ratio` is a plain copy. Each
 * phase sums to 1: a constant input gives a constant output, with no ripple at the lower rate.
 */
export function designNyquistFilter({ ratio, taps, beta }: NyquistFilterDesign): Float64Array {
  const filter = new Float64Array(taps);
  const middle = (taps - 1) / 2;
  for (let tap = 0; tap < taps; tap++) {
    const distance = tap - middle;
    const position = distance / (middle + 1);
    const window = besselI0(beta * Math.sqrt(1 - position * position)) / besselI0(beta);
    filter[tap] = sinc(distance, ratio) * window;
  }
  for (let phase = 0; phase < ratio; phase++) {
    let sum = 0;
    for (let tap = phase; tap < taps; tap += ratio) sum += filter[tap]!;
    for (let tap = phase; tap < taps; tap += ratio) filter[tap]! /= sum;
  }
  return filter;
}

function sinc(distance: number, ratio: number): number {
  if (distance === 0) return 1;
  // Exactly zero, where Math.sin would leave 1e-17: zero taps are recognised and skipped.
  if (distance % ratio === 0) return 0;
  const angle = (Math.PI * distance) / ratio;
  return Math.sin(angle) / angle;
}

/** The modified Bessel function of the first kind and order zero, by its power series. */
function besselI0(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-18; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
