import { designNyquistFilter, type NyquistFilterDesign } from './kaiser-filter.ts';

/** The part of a filter that leads from one input branch to one output phase. */
export interface SubFilter {
  /** Which of the interleaved input branches it reads. */
  readonly branch: number;
  /** Taps, oldest sample first. */
  readonly taps: Float64Array;
  /** Where its first tap lies, in samples of the branch, counted from the newest sample of step 0; 0 or negative. */
  readonly offset: number;
}

/** A change of rate by `up / down`, as sub-filters that touch no zero. */
export interface PolyphaseFilter {
  readonly up: number;
  readonly down: number;
  /** For each of the `up` output phases, what is summed. */
  readonly phases: readonly (readonly SubFilter[])[];
  /** Past samples that each branch must keep. */
  readonly history: number;
  /** Delay in output samples. */
  readonly delay: number;
}

/**
 * Splits a low-pass filter into its polyphase parts.
 *
 * Of each step (`down` samples in, `up` samples out) sample `r` goes to branch `r`. With the filter `h`
 * at the common rate (input rate times `up`), output `p` of step `m` is the sum over `k` of
 * `h[k] * u[p * down + down - 1 - k]`, where `u` holds input `r` of step `s` at `(s * down + r) * up`,
 * relative to step `m`. The `down - 1` uses the whole step at once, which saves delay.
 */
export function createPolyphaseFilter(
  up: number,
  down: number,
  design: NyquistFilterDesign,
): PolyphaseFilter {
  const filter = designNyquistFilter(design);
  const gain = up / design.ratio;
  const period = up * down;
  let history = 0;
  const phases: SubFilter[][] = [];
  for (let phase = 0; phase < up; phase++) {
    const subFilters: SubFilter[] = [];
    for (let branch = 0; branch < down; branch++) {
      const newest = phase * down + down - 1 - branch * up;
      const taps: { age: number; value: number }[] = [];
      for (let tap = 0; tap < filter.length; tap++) {
        const distance = newest - tap;
        if (distance % period === 0 && filter[tap] !== 0) {
          taps.push({ age: -distance / period, value: filter[tap]! * gain });
        }
      }
      if (taps.length === 0) continue;
      const newestAge = taps[0]!.age;
      const span = taps.at(-1)!.age - newestAge + 1;
      const values = new Float64Array(span);
      for (const { age, value } of taps) values[span - 1 - (age - newestAge)] = value;
      const offset = -(newestAge + span - 1);
      history = Math.max(history, -offset);
      subFilters.push({ branch, taps: values, offset });
    }
    phases.push(subFilters);
  }
  const delay = ((design.taps - 1) / 2 - (down - 1)) / down;
  return { up, down, phases, history, delay };
}
