import type { ByteOrder } from '@phone-agents/core';

/** Judged on so much sound: 0.5 s of 20 ms pieces that are not silent. */
const PIECES_NEEDED = 25;
/** In the wrong order sound is so many times rougher than in the right one; noise is alike in both. */
const DECISIVE_RATIO = 4;

/**
 * Tells whether L16 audio comes in the other byte order than was thought.
 *
 * In the right order neighbouring samples of speech are close to each other. In the wrong one the low
 * bytes lead, and the sound is noise at full scale: the energy of its differences is far higher. Both
 * orders are measured, so that the verdict depends on neither loudness nor what is said.
 */
export class L16OrderDetector {
  readonly #isLittleEndian: boolean;
  #pieces = 0;
  #assumed = 0;
  #swapped = 0;

  constructor(byteOrder: ByteOrder) {
    this.#isLittleEndian = byteOrder === 'little-endian';
  }

  /** Takes a piece of audio; true once, where the order proves wrong. Silence decides nothing. */
  isWrong(bytes: Uint8Array): boolean {
    if (this.#pieces >= PIECES_NEEDED) return false;
    let little = 0;
    let big = 0;
    let lastLittle = 0;
    let lastBig = 0;
    for (let at = 0; at + 1 < bytes.length; at += 2) {
      const first = bytes[at]!;
      const second = bytes[at + 1]!;
      const asLittle = ((second << 24) | (first << 16)) >> 16;
      const asBig = ((first << 24) | (second << 16)) >> 16;
      if (at > 0) {
        little += Math.abs(asLittle - lastLittle);
        big += Math.abs(asBig - lastBig);
      }
      lastLittle = asLittle;
      lastBig = asBig;
    }
    if (little === big) return false;
    this.#assumed += this.#isLittleEndian ? little : big;
    this.#swapped += this.#isLittleEndian ? big : little;
    this.#pieces++;
    return this.#pieces === PIECES_NEEDED && this.#assumed > DECISIVE_RATIO * this.#swapped;
  }
}
