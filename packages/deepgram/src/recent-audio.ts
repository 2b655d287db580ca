/**
 * The last seconds of a stream's encoded audio, by position: what must be sent again when a
 * connection is lost before it has told the words. Its memory is allocated once.
 */
export class RecentAudio {
  readonly #ring: Uint8Array;
  #end = 0;

  /** @param capacity In bytes. */
  constructor(capacity: number) {
    this.#ring = new Uint8Array(capacity);
  }

  /** Position behind the last byte. */
  get end(): number {
    return this.#end;
  }

  /** Position of the oldest byte that is still there. */
  get start(): number {
    return Math.max(0, this.#end - this.#ring.length);
  }

  push(bytes: Uint8Array): void {
    const { length } = this.#ring;
    const kept = bytes.length > length ? bytes.subarray(bytes.length - length) : bytes;
    const at = (this.#end + bytes.length - kept.length) % length;
    const first = kept.subarray(0, length - at);
    this.#ring.set(first, at);
    this.#ring.set(kept.subarray(first.length), 0);
    this.#end += bytes.length;
  }

  /** Gives the bytes from one position to another, where they are still there, in at most two pieces. */
  read(from: number, to: number, take: (bytes: Uint8Array) => void): void {
    const { length } = this.#ring;
    let at = Math.max(from, this.start);
    const until = Math.min(to, this.#end);
    while (at < until) {
      const offset = at % length;
      const count = Math.min(until - at, length - offset);
      take(this.#ring.subarray(offset, offset + count));
      at += count;
    }
  }
}
