/** Sound that is kept ahead of the loudspeaker at first; every gap adds a step, up to the most. */
const FIRST_LEAD_MS = 60;
const LEAD_STEP_MS = 20;
const MOST_LEAD_MS = 200;
/** What piles up beyond the lead by more than this is dropped, or the delay would stay for the call. */
const MOST_EXCESS_MS = 160;

/** Evens out when sound arrives: plays once enough is there, and begins anew after a gap. */
export class PlayoutBuffer {
  readonly #samplesPerMs: number;
  readonly #ring: Float32Array;
  #read = 0;
  #waiting = 0;
  #leadMs = FIRST_LEAD_MS;
  #playing = false;

  constructor(sampleRate: number) {
    this.#samplesPerMs = sampleRate / 1000;
    this.#ring = new Float32Array(sampleRate);
  }

  /** Sound that waits, in ms. */
  get waitingMs(): number {
    return this.#waiting / this.#samplesPerMs;
  }

  /** Takes sound as it arrives. */
  push(samples: Float32Array): void {
    const { length } = this.#ring;
    const kept = samples.subarray(Math.max(0, samples.length - length));
    for (let i = 0; i < kept.length; i++) {
      this.#ring[(this.#read + this.#waiting + i) % length] = kept[i]!;
    }
    this.#waiting += kept.length;
    if (this.waitingMs > this.#leadMs + MOST_EXCESS_MS) {
      this.#drop(this.#waiting - Math.round(this.#leadMs * this.#samplesPerMs));
    }
    if (this.waitingMs >= this.#leadMs) this.#playing = true;
  }

  /** Fills `into` with what is to be played now; silence where nothing is. */
  pull(into: Float32Array): void {
    const count = this.#playing ? Math.min(into.length, this.#waiting) : 0;
    for (let i = 0; i < count; i++) into[i] = this.#ring[(this.#read + i) % this.#ring.length]!;
    into.fill(0, count);
    this.#drop(count);
    if (this.#playing && count < into.length) {
      this.#playing = false;
      this.#leadMs = Math.min(this.#leadMs + LEAD_STEP_MS, MOST_LEAD_MS);
    }
  }

  #drop(count: number): void {
    this.#read = (this.#read + count) % this.#ring.length;
    this.#waiting -= count;
  }
}
