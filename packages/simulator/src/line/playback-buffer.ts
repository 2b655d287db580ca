/** A stretch of our audio that was heard without a break. */
export interface HeardSpan {
  /** When its first sample was heard, on the carrier's clock. */
  readonly heardAtMs: number;
  /** Which sample that was, counted over all that the server has sent in this call. */
  readonly firstSample: number;
  readonly sampleCount: number;
}

interface MutableSpan extends HeardSpan {
  sampleCount: number;
}

interface PendingMark {
  readonly afterSample: number;
  readonly name: string;
}

const INITIAL_CAPACITY = 4_096;
/** A buffer that has grown beyond this is given back when it runs empty. */
const KEPT_CAPACITY = 65_536;

/**
 * What a phone company holds of our audio and plays to the caller in real time. A tick finishes the
 * frame that was being played and starts the next one; what happens between two ticks (a clear, a
 * question how much was played) is exact to the sample. Times come from the caller of each method.
 */
export class PlaybackBuffer {
  readonly #samplesPerMs: number;
  readonly #onMark: (name: string) => void;
  readonly #frame: Int16Array;
  readonly #marks: PendingMark[] = [];
  readonly #spans: MutableSpan[] = [];
  #ring = new Int16Array(INITIAL_CAPACITY);
  #readIndex = 0;
  #waiting = 0;
  #received = 0;
  #played = 0;
  /** Samples of ours in the frame that is being played; what follows them in it is silence. */
  #frameCount = 0;
  #frameFirstSample = 0;
  #frameStartMs = 0;
  #frameOpen = false;

  /**
   * @param samplesPerFrame 160 at 8 kHz: 20 ms.
   * @param onMark A mark's turn has come: all before it was played or dropped.
   */
  constructor(samplesPerFrame: number, onMark: (name: string) => void) {
    this.#samplesPerMs = samplesPerFrame / 20;
    this.#frame = new Int16Array(samplesPerFrame);
    this.#onMark = onMark;
  }

  /** Everything that was ever given to `write`, in samples. */
  get receivedSamples(): number {
    return this.#received;
  }

  /** What was heard, and when; the frame that is being played is not in it yet. */
  get spans(): readonly HeardSpan[] {
    return this.#spans;
  }

  /** Samples that were heard up to `nowMs`. */
  playedSamples(nowMs: number): number {
    return this.#played + this.#framePlayed(nowMs);
  }

  /** Samples that are held and were not heard up to `nowMs`. */
  bufferedSamples(nowMs: number): number {
    return this.#waiting + this.#frameCount - this.#framePlayed(nowMs);
  }

  /** When a sample was heard, or undefined where it was not (yet). Samples count as in `receivedSamples`. */
  heardAtMs(sample: number): number | undefined {
    let low = 0;
    let high = this.#spans.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#spans[middle]!.firstSample <= sample) low = middle + 1;
      else high = middle;
    }
    const span = this.#spans[low - 1];
    if (!span || sample >= span.firstSample + span.sampleCount) return undefined;
    return span.heardAtMs + (sample - span.firstSample) / this.#samplesPerMs;
  }

  /** Takes audio from the server, of any length. */
  write(samples: Int16Array, nowMs: number): void {
    let from = 0;
    if (this.#frameOpen && this.#waiting === 0 && this.#frameCount > 0) {
      // Audio that arrives before the last sample was played goes on without a gap.
      if ((nowMs - this.#frameStartMs) * this.#samplesPerMs <= this.#frameCount) {
        from = Math.min(samples.length, this.#frame.length - this.#frameCount);
        this.#frame.set(samples.subarray(0, from), this.#frameCount);
        this.#frameCount += from;
      }
    }
    this.#push(samples, from);
    this.#received += samples.length;
  }

  /** Asks for `onMark(name)` once all that was written so far has been played; at once when nothing is held. */
  mark(name: string): void {
    if (this.#waiting === 0 && this.#frameCount === 0) this.#onMark(name);
    else this.#marks.push({ afterSample: this.#received, name });
  }

  /** Stops playing at this moment, drops what is held, and returns all marks at once. */
  clear(nowMs: number): void {
    this.#cut(nowMs);
    for (const mark of this.#marks.splice(0)) this.#onMark(mark.name);
  }

  /** As `clear`, but nobody is told of the marks: the server is gone. */
  discard(nowMs: number): void {
    this.#marks.length = 0;
    this.#cut(nowMs);
  }

  /**
   * Ends the frame that is being played and returns it, silence where nothing was there. Borrowed:
   * valid until `startFrame`.
   */
  finishFrame(): Int16Array {
    const count = this.#frameCount;
    if (count > 0) {
      const span = this.#spans.at(-1);
      const heardAtMs = this.#frameStartMs;
      if (
        span &&
        span.firstSample + span.sampleCount === this.#frameFirstSample &&
        Math.abs(span.heardAtMs + span.sampleCount / this.#samplesPerMs - heardAtMs) < 0.01
      ) {
        span.sampleCount += count;
      } else {
        this.#spans.push({ heardAtMs, firstSample: this.#frameFirstSample, sampleCount: count });
      }
      this.#played += count;
    }
    this.#frame.fill(0, count);
    this.#frameCount = 0;
    this.#frameOpen = false;
    this.#tellMarks();
    return this.#frame;
  }

  /** Starts to play the next frame at `atMs`. */
  startFrame(atMs: number): void {
    const count = Math.min(this.#waiting, this.#frame.length);
    const ring = this.#ring;
    const mask = ring.length - 1;
    for (let i = 0; i < count; i++) this.#frame[i] = ring[(this.#readIndex + i) & mask]!;
    this.#frameFirstSample = this.#received - this.#waiting;
    this.#readIndex = (this.#readIndex + count) & mask;
    this.#waiting -= count;
    this.#frameCount = count;
    this.#frameStartMs = atMs;
    this.#frameOpen = true;
    if (this.#waiting === 0 && ring.length > KEPT_CAPACITY) {
      this.#ring = new Int16Array(INITIAL_CAPACITY);
      this.#readIndex = 0;
    }
  }

  #framePlayed(nowMs: number): number {
    if (this.#frameCount === 0) return 0;
    const played = Math.floor((nowMs - this.#frameStartMs) * this.#samplesPerMs);
    return Math.max(0, Math.min(this.#frameCount, played));
  }

  #cut(nowMs: number): void {
    this.#frameCount = this.#framePlayed(nowMs);
    this.#frameOpen = false;
    this.#waiting = 0;
    this.#readIndex = 0;
  }

  #tellMarks(): void {
    const done = this.#received - this.#waiting;
    while (this.#marks.length > 0 && this.#marks[0]!.afterSample <= done) {
      this.#onMark(this.#marks.shift()!.name);
    }
  }

  #push(samples: Int16Array, from: number): void {
    const added = samples.length - from;
    if (this.#waiting + added > this.#ring.length) this.#grow(this.#waiting + added);
    const ring = this.#ring;
    const mask = ring.length - 1;
    const at = this.#readIndex + this.#waiting;
    for (let i = 0; i < added; i++) ring[(at + i) & mask] = samples[from + i]!;
    this.#waiting += added;
  }

  #grow(needed: number): void {
    let capacity = this.#ring.length;
    while (capacity < needed) capacity *= 2;
    const grown = new Int16Array(capacity);
    const mask = this.#ring.length - 1;
    for (let i = 0; i < this.#waiting; i++) grown[i] = this.#ring[(this.#readIndex + i) & mask]!;
    this.#ring = grown;
    this.#readIndex = 0;
  }
}
