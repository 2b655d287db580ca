/** What a network without any fault needs. */
export const MIN_PLAYOUT_DELAY_MS = 20;
export const MAX_PLAYOUT_DELAY_MS = 120;
const STEP_MS = 20;

const BUCKET_MS = 10;
const BUCKETS = MAX_PLAYOUT_DELAY_MS / BUCKET_MS + 1;
/** So much of the packets must come in time. */
const IN_TIME = 0.97;
/** Weight that what was seen keeps from packet to packet: half of it after about 3.5 s of speech. */
const KEPT = 0.996;
/** As though the network had been seen to need 40 ms: until it is known, caution. */
const FIRST_BUCKET = 3;
const FIRST_WEIGHT = 10;
/** The earliest packet of this time is what lateness is counted from, so that clocks may drift. */
const BASE_WINDOW_MS = 5_000;

/**
 * How long a source's sound should wait before it is played, so that packets that come late, or after
 * others, still come in time. It follows the lateness of the packets: starts at 40 ms, and moves
 * between 20 and 120.
 */
export class PlayoutDelay {
  readonly #weights = new Float64Array(BUCKETS);
  #delayMs = 40;
  /** Least difference between arrival and media time, of this window and of the one before. */
  #base = Number.POSITIVE_INFINITY;
  #previousBase = Number.POSITIVE_INFINITY;
  #windowStartMs = Number.NEGATIVE_INFINITY;

  constructor() {
    this.#weights[FIRST_BUCKET] = FIRST_WEIGHT;
  }

  /** In ms, a multiple of 20. */
  get delayMs(): number {
    return this.#delayMs;
  }

  /** A packet came at `arrivalMs` whose sound begins at `mediaMs`, each on its own clock. */
  observe(arrivalMs: number, mediaMs: number): void {
    const difference = arrivalMs - mediaMs;
    if (arrivalMs - this.#windowStartMs > BASE_WINDOW_MS) {
      this.#previousBase = this.#base;
      this.#base = difference;
      this.#windowStartMs = arrivalMs;
    } else if (difference < this.#base) {
      this.#base = difference;
    }
    const latenessMs = difference - Math.min(this.#base, this.#previousBase);
    this.#count(Math.min(BUCKETS - 1, Math.floor(latenessMs / BUCKET_MS)));
  }

  /** The source was silent, or began anew: its media time need not fit what was before. */
  restart(): void {
    this.#base = Number.POSITIVE_INFINITY;
    this.#previousBase = Number.POSITIVE_INFINITY;
    this.#windowStartMs = Number.NEGATIVE_INFINITY;
  }

  #count(bucket: number): void {
    const weights = this.#weights;
    let total = 0;
    for (let i = 0; i < BUCKETS; i++) {
      weights[i]! *= KEPT;
      total += weights[i]!;
    }
    weights[bucket]! += 1;
    total += 1;
    let inTime = 0;
    let last = 0;
    for (; last < BUCKETS - 1; last++) {
      inTime += weights[last]!;
      if (inTime >= total * IN_TIME) break;
    }
    const neededMs = (last + 1) * BUCKET_MS;
    const rounded = Math.ceil(neededMs / STEP_MS) * STEP_MS;
    this.#delayMs = Math.min(MAX_PLAYOUT_DELAY_MS, Math.max(MIN_PLAYOUT_DELAY_MS, rounded));
  }
}
