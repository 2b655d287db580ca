import type { SampleRate } from '@phone-agents/core';
import type { OpusLibrary } from './opus-library.ts';
import { MAX_PACKET_BYTES, OpusError } from './opus-library.ts';

const RESET_STATE = 4028;
const INVALID_PACKET = -4;
/** A packet holds at most 120 ms. */
const MAX_PACKET_MS = 120;

/** Decodes packets of any length to mono samples at a rate of our choice, and conceals those that were lost. */
export class OpusDecoder {
  readonly sampleRate: SampleRate;
  readonly #library: OpusLibrary;
  readonly #maxSamples: number;
  #pointer: number;

  constructor(library: OpusLibrary, sampleRate: SampleRate) {
    this.sampleRate = sampleRate;
    this.#library = library;
    this.#maxSamples = (sampleRate / 1000) * MAX_PACKET_MS;
    const { exports } = library;
    this.#pointer = exports.malloc(exports.opus_decoder_get_size(1));
    try {
      library.check(exports.opus_decoder_init(this.#pointer, sampleRate, 1), 'make a decoder');
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /**
   * A packet's samples; borrowed until the next call to any encoder or decoder.
   *
   * @throws OpusError where it is no Opus packet.
   */
  decode(packet: Uint8Array): Int16Array {
    return this.#decode(packet, this.#maxSamples, false);
  }

  /** `sampleCount` samples for a packet that was lost and came before `next`, from what `next` repeats of it. */
  recover(next: Uint8Array, sampleCount: number): Int16Array {
    return this.#decode(next, sampleCount, true);
  }

  /** `sampleCount` samples, a multiple of 2.5 ms, that continue what was heard, fading after a while. */
  conceal(sampleCount: number): Int16Array {
    return this.#decode(undefined, sampleCount, false);
  }

  /** Forgets what was heard. */
  reset(): void {
    this.#library.exports.opus_decoder_ctl_set(this.#pointer, RESET_STATE, 0);
  }

  /** Gives its memory back; it must not be used afterwards. Repeatable. */
  close(): void {
    if (this.#pointer === 0) return;
    this.#library.exports.free(this.#pointer);
    this.#pointer = 0;
  }

  #decode(packet: Uint8Array | undefined, sampleCount: number, repeated: boolean): Int16Array {
    const library = this.#library;
    if (packet) {
      // Nothing at all would be taken for a loss.
      if (packet.length === 0 || packet.length > MAX_PACKET_BYTES) {
        throw new OpusError('decode a packet', INVALID_PACKET);
      }
      library.packet.set(packet);
    }
    const count = library.check(
      library.exports.opus_decode(
        this.#pointer,
        packet ? library.packetPointer : 0,
        packet?.length ?? 0,
        library.samplesPointer,
        sampleCount,
        repeated ? 1 : 0,
      ),
      'decode a packet',
    );
    return library.samples.subarray(0, count);
  }
}
