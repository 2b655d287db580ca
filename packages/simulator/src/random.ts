/** Reproducible chance: the same seed gives the same decisions, in every process. */
export interface Random {
  /** A number from 0 up to, but never, 1. */
  next(): number;
  /** True in `probability` of all cases. 0 or undefined is never and costs no number. */
  chance(probability: number | undefined): boolean;
  /** A whole number from 0 up to, but never, `limit`. */
  integer(limit: number): number;
}

/**
 * Chance from a seed, by the 32-bit generator "mulberry32". A name keeps streams apart, so that one
 * decision more in one place changes nothing in another.
 */
export function createRandom(seed: number, name = ''): Random {
  let state = seed | 0;
  for (let i = 0; i < name.length; i++) {
    state = Math.imul(state ^ name.charCodeAt(i), 0x01000193) + 0x6d2b79f5;
  }
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    next,
    chance: (probability) => probability !== undefined && probability > 0 && next() < probability,
    integer: (limit) => Math.floor(next() * limit),
  };
}
