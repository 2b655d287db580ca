/** Reproducible chance: the same seed gives the same numbers, from 0 up to, but never, 1. */
export type Random = () => number;

/** The 32-bit generator "mulberry32". A name keeps the numbers of one purpose apart from those of another. */
export function createRandom(seed: number, name = ''): Random {
  let state = seed | 0;
  for (let i = 0; i < name.length; i++) {
    state = Math.imul(state ^ name.charCodeAt(i), 0x01000193) + 0x6d2b79f5;
  }
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
