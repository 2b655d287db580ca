import type { AudioCodec } from '../audio/audio-codec.ts';
import type { AudioFrame } from '../audio/audio-frame.ts';
import { samplesPerFrame } from '../audio/audio-frame.ts';

/** Where a piece of audio belongs in its stream, as the provider numbers it. */
export interface MediaPosition {
  /** Number of the piece; each is one more than the one before. */
  readonly chunk: number;
  /** Time of its first sample, in ms from the stream's start. */
  readonly timestampMs: number;
}

/** A gap longer than this is not filled with silence: the media time jumps. */
const MAX_FILL_MS = 1_000;
/** A jump longer than this is a fault of the timestamps: media time goes on where it was. */
const MAX_JUMP_MS = 3_600_000;
/** A piece that comes later than so many others is no late one: the provider numbers anew. */
const MAX_LATE_CHUNKS = 50;
/** Timestamps may wander this far without a gap being seen in them. */
const TIMESTAMP_TOLERANCE_MS = 50;
/** A piece that is held back until one that is missing comes, or its wait is over. */
interface Held {
  readonly bytes: Uint8Array;
  readonly position: MediaPosition;
}

/**
 * Turns pieces of encoded audio into 20 ms frames on one unbroken media time: restores the order,
 * drops repetitions, fills gaps with silence, and cuts pieces of any length into frames.
 */
export class InboundFramer {
  readonly #codec: AudioCodec;
  readonly #reorderFrames: number;
  readonly #deliver: (frame: AudioFrame) => void;
  readonly #frameSamples: number;
  readonly #samples: Int16Array;
  readonly #frame: {
    samples: Int16Array;
    sampleRate: AudioFrame['sampleRate'];
    timestampSamples: number;
  };
  #scratch: Int16Array;
  #filled = 0;
  /** Media time of the next sample. */
  #timeSamples = 0;
  #nextChunk: number | undefined;
  #originMs: number | undefined;
  #held: Held[] = [];

  constructor(codec: AudioCodec, reorderFrames: number, deliver: (frame: AudioFrame) => void) {
    this.#codec = codec;
    this.#reorderFrames = reorderFrames;
    this.#deliver = deliver;
    this.#frameSamples = samplesPerFrame(codec.format.sampleRate);
    this.#samples = new Int16Array(this.#frameSamples);
    this.#scratch = this.#samples;
    this.#frame = {
      samples: this.#samples,
      sampleRate: codec.format.sampleRate,
      timestampSamples: 0,
    };
  }

  /** Takes one piece; `bytes` is borrowed. */
  push(bytes: Uint8Array, position?: MediaPosition): void {
    if (
      !position ||
      !Number.isSafeInteger(position.chunk) ||
      !Number.isFinite(position.timestampMs)
    ) {
      this.#append(bytes);
      return;
    }
    this.#nextChunk ??= position.chunk;
    if (position.chunk < this.#nextChunk - MAX_LATE_CHUNKS) {
      this.#nextChunk = position.chunk;
      this.#held = [];
    }
    if (position.chunk < this.#nextChunk) return;
    if (position.chunk === this.#nextChunk) {
      this.#accept(bytes, position);
      if (this.#held.length > 0) this.#releaseInOrder();
      return;
    }
    if (this.#reorderFrames === 0) {
      this.#accept(bytes, position);
      return;
    }
    this.#hold(bytes, position);
  }

  #hold(bytes: Uint8Array, position: MediaPosition): void {
    let index = this.#held.length;
    while (index > 0 && this.#held[index - 1]!.position.chunk > position.chunk) index--;
    if (this.#held[index - 1]?.position.chunk === position.chunk) return;
    // Not `slice`, which of a Buffer gives a view of memory that is only borrowed.
    this.#held.splice(index, 0, { bytes: new Uint8Array(bytes), position });
    if (this.#held.length <= this.#reorderFrames) return;
    // What is missing has had its time: go on without it.
    const first = this.#held.shift()!;
    this.#accept(first.bytes, first.position);
    this.#releaseInOrder();
  }

  #releaseInOrder(): void {
    while (this.#held[0]?.position.chunk === this.#nextChunk) {
      const next = this.#held.shift()!;
      this.#accept(next.bytes, next.position);
    }
  }

  #accept(bytes: Uint8Array, position: MediaPosition): void {
    const missingChunks = position.chunk - this.#nextChunk!;
    this.#nextChunk = position.chunk + 1;
    if (this.#originMs === undefined) this.#goOnAt(position.timestampMs);
    else this.#closeGap(position, missingChunks);
    this.#append(bytes);
  }

  /** Media time follows the provider's timestamps wherever audio is missing. */
  #closeGap(position: MediaPosition, missingChunks: number): void {
    const rate = this.#codec.format.sampleRate;
    const expected = Math.round(((position.timestampMs - this.#originMs!) * rate) / 1000);
    const gap = expected - this.#timeSamples;
    const tolerance =
      missingChunks > 0 ? this.#frameSamples / 2 : (TIMESTAMP_TOLERANCE_MS * rate) / 1000;
    if (gap < -rate || gap > (MAX_JUMP_MS * rate) / 1000) {
      this.#goOnAt(position.timestampMs);
      return;
    }
    if (gap < tolerance) return;
    if (gap > (MAX_FILL_MS * rate) / 1000) {
      if (this.#filled > 0) this.#appendSilence(this.#frameSamples - this.#filled);
      this.#timeSamples = expected;
      return;
    }
    this.#appendSilence(gap);
  }

  /** Media time goes on where it is, whatever the provider's clock says. */
  #goOnAt(timestampMs: number): void {
    this.#originMs = timestampMs - (this.#timeSamples * 1000) / this.#codec.format.sampleRate;
  }

  #append(bytes: Uint8Array): void {
    const bound = bytes.length;
    if (this.#filled === 0 && bound === this.#codec.bytesPerFrame) {
      this.#codec.decode(bytes, this.#samples);
      this.#timeSamples += this.#frameSamples;
      this.#emit();
      return;
    }
    if (this.#scratch === this.#samples || this.#scratch.length < bound) {
      this.#scratch = new Int16Array(Math.max(bound, this.#frameSamples));
    }
    const length = this.#codec.decode(bytes, this.#scratch);
    for (let from = 0; from < length;) {
      const part = Math.min(length - from, this.#frameSamples - this.#filled);
      this.#samples.set(this.#scratch.subarray(from, from + part), this.#filled);
      this.#advance(part);
      from += part;
    }
  }

  #appendSilence(samples: number): void {
    for (let left = samples; left > 0;) {
      const part = Math.min(left, this.#frameSamples - this.#filled);
      this.#samples.fill(0, this.#filled, this.#filled + part);
      this.#advance(part);
      left -= part;
    }
  }

  #advance(samples: number): void {
    this.#filled += samples;
    this.#timeSamples += samples;
    if (this.#filled === this.#frameSamples) this.#emit();
  }

  #emit(): void {
    this.#filled = 0;
    this.#frame.timestampSamples = this.#timeSamples - this.#frameSamples;
    this.#deliver(this.#frame);
  }
}
