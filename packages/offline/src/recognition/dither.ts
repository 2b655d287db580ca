const AMPLITUDE = 35;

/**
 * Adds a faint hiss (about 20 units of 32,768) in place. The recogniser was trained on sound with
 * something in every band, and the upper half of a telephone's is empty: with the hiss
 * it mishears fewer words. Seeded, so that the same
 * sound gives the same words.
 */
export class Dither {
  #state = 1;

  apply(samples: Int16Array): void {
    for (let i = 0; i < samples.length; i += 1) {
      // Numerical Recipes' linear congruential generator; its high bits are good enough for hiss.
      this.#state = (Math.imul(this.#state, 1664525) + 1013904223) | 0;
      const hiss = (this.#state / 0x8000_0000) * AMPLITUDE;
      const value = Math.round((samples[i] as number) + hiss);
      samples[i] = value > 32767 ? 32767 : value < -32768 ? -32768 : value;
    }
  }
}
