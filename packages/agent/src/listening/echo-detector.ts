import { bestMatch } from './correlation.ts';

/** Both sides are compared at this rate: telephone band. */
const RATE_PER_MS = 8;
/** So much of what the caller's side brought last is compared; shorter speech cannot be told from an echo. */
export const ECHO_PATTERN_MS = 300;
/** So much of what was sent is looked through: 8,192 samples. */
const SENT_MS = 1_024;
/** An echo comes at most so long after the sound was sent; the rest is sound that is sent ahead. */
const MAX_DELAY_MS = 600;
/** From this likeness on it is an echo. Another voice stays below 0.4, but for one moment in twenty. */
const ECHO_MATCH = 0.65;

/**
 * Tells the agent's own voice, coming back from the caller's phone, from the caller's: a speakerphone,
 * or a line that mirrors. It compares the shape of the sound, so loudness and delay do not matter.
 */
export class EchoDetector {
  readonly #sent = new Track(SENT_MS);
  readonly #received = new Track(ECHO_PATTERN_MS);

  /** One frame of the agent's that is heard from `playedAtMs` of the clock on; borrowed, at 16 kHz. */
  sent(samples: Int16Array, playedAtMs: number): void {
    this.#sent.write(samples, playedAtMs);
  }

  /** One frame of the caller's that came at `receivedAtMs` of the clock; borrowed, at 16 kHz. */
  received(samples: Int16Array, receivedAtMs: number): void {
    this.#received.write(samples, receivedAtMs);
  }

  /** The agent was silenced at `atMs`: what it had sent for later was not played. */
  silenced(atMs: number): void {
    this.#sent.cut(atMs);
  }

  /** Whether what the caller's side brought in the last 300 ms is what the agent said shortly before. */
  isEcho(nowMs: number): boolean {
    if (this.#sent.endMs < nowMs - MAX_DELAY_MS) return false;
    return bestMatch(this.#received.read(), this.#sent.read()) >= ECHO_MATCH;
  }
}

/** The last stretch of a sound on the clock's time line; gaps are silence. */
class Track {
  readonly #samples: Float32Array;
  /** Position on the time line behind its newest sample. */
  #end = 0;
  #lastSample = 0;

  constructor(lengthMs: number) {
    this.#samples = new Float32Array(lengthMs * RATE_PER_MS);
  }

  get endMs(): number {
    return this.#end / RATE_PER_MS;
  }

  write(samples: Int16Array, atMs: number): void {
    const { length } = this.#samples;
    let position = Math.round(atMs * RATE_PER_MS);
    // Frames follow each other; only a true gap is one.
    if (Math.abs(position - this.#end) < 15 * RATE_PER_MS) position = this.#end;
    if (position < this.#end) return;
    const gap = Math.min(position - this.#end, length);
    for (let i = 0; i < gap; i++) this.#samples[(position - gap + i) % length] = 0;
    for (let i = 0; i + 1 < samples.length; i += 2) {
      const sample = (samples[i]! + samples[i + 1]!) / 2;
      // The difference takes weight from the low tones that all voices share.
      this.#samples[position++ % length] = sample - this.#lastSample;
      this.#lastSample = sample;
    }
    this.#end = position;
  }

  cut(atMs: number): void {
    const { length } = this.#samples;
    const position = Math.max(Math.round(atMs * RATE_PER_MS), this.#end - length);
    for (let i = position; i < this.#end; i++) this.#samples[i % length] = 0;
    this.#end = Math.min(this.#end, Math.max(position, 0));
  }

  /** All of it, oldest first. */
  read(): Float32Array {
    const { length } = this.#samples;
    const start = this.#end % length;
    const samples = new Float32Array(length);
    samples.set(this.#samples.subarray(start));
    samples.set(this.#samples.subarray(0, start), length - start);
    return samples;
  }
}
