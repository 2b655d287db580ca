interface HeldFrame {
  readonly samples: Int16Array;
  startMs: number;
}

/** Frames that are kept for use again; more than this come only with a backlog. */
const MAX_FREE = 64;

/** Copies of frames that wait, oldest first. In steady state it allocates nothing. */
export class FrameHold {
  readonly #frameMs: number;
  readonly #limit: number;
  readonly #frames: HeldFrame[] = [];
  readonly #free: HeldFrame[] = [];

  /** @param limit The most frames that may wait; then the oldest goes. */
  constructor(frameMs: number, limit: number) {
    this.#frameMs = frameMs;
    this.#limit = limit;
  }

  get size(): number {
    return this.#frames.length;
  }

  /** Keeps a copy; false where the oldest had to make room. */
  push(samples: Int16Array, startMs: number): boolean {
    const isFull = this.#frames.length >= this.#limit;
    if (isFull) this.#recycle(this.#frames.shift()!);
    const frame = this.#free.pop() ?? { samples: new Int16Array(samples.length), startMs };
    frame.samples.set(samples);
    frame.startMs = startMs;
    this.#frames.push(frame);
    return !isFull;
  }

  /** Gives the frames that end by `untilMs` to `write`, borrowed, and forgets them. */
  release(untilMs: number, write: (samples: Int16Array, startMs: number) => void): void {
    for (let first = this.#frames[0]; first; first = this.#frames[0]) {
      if (first.startMs + this.#frameMs > untilMs) return;
      this.#frames.shift();
      write(first.samples, first.startMs);
      this.#recycle(first);
    }
  }

  /** Forgets the frames that end by `beforeMs`. */
  drop(beforeMs: number): void {
    this.release(beforeMs, ignore);
  }

  clear(): void {
    this.#frames.length = 0;
  }

  #recycle(frame: HeldFrame): void {
    if (this.#free.length < MAX_FREE) this.#free.push(frame);
  }
}

const ignore = (): void => {};
