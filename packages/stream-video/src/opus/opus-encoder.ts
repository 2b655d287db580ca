import type { SampleRate } from '@phone-agents/core';
import { samplesPerFrame } from '@phone-agents/core';
import type { OpusLibrary } from './opus-library.ts';
import { MAX_PACKET_BYTES } from './opus-library.ts';

const APPLICATION_VOIP = 2048;
const SET_BITRATE = 4002;
const SET_COMPLEXITY = 4010;
const SET_INBAND_FEC = 4012;
const SET_PACKET_LOSS_PERCENT = 4014;
const SET_SIGNAL = 4024;
const SIGNAL_VOICE = 3001;

export interface OpusEncoderOptions {
  /** Rate of the samples that are encoded, in Hz: Opus takes the telephone's 8 kHz as they are. */
  readonly sampleRate: SampleRate;
  /** In bits per second. */
  readonly bitrate: number;
  /** 0 (cheapest) to 10. */
  readonly complexity: number;
  /**
   * How much loss is expected, in percent: so much of each frame is repeated in the next one
   * (in-band forward error correction). 0 switches it off.
   */
  readonly expectedLossPercent: number;
}

/** Encodes mono frames of 20 ms. */
export class OpusEncoder {
  readonly sampleRate: SampleRate;
  readonly #library: OpusLibrary;
  readonly #frameSamples: number;
  #pointer: number;

  constructor(library: OpusLibrary, options: OpusEncoderOptions) {
    this.sampleRate = options.sampleRate;
    this.#library = library;
    this.#frameSamples = samplesPerFrame(options.sampleRate);
    const { exports } = library;
    this.#pointer = exports.malloc(exports.opus_encoder_get_size(1));
    try {
      library.check(
        exports.opus_encoder_init(this.#pointer, options.sampleRate, 1, APPLICATION_VOIP),
        'make an encoder',
      );
      this.#set(SET_BITRATE, options.bitrate);
      this.#set(SET_COMPLEXITY, options.complexity);
      this.#set(SET_SIGNAL, SIGNAL_VOICE);
      this.#set(SET_INBAND_FEC, options.expectedLossPercent > 0 ? 1 : 0);
      this.#set(SET_PACKET_LOSS_PERCENT, options.expectedLossPercent);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** One frame's packet; borrowed until the next call to any encoder or decoder. */
  encode(samples: Int16Array): Uint8Array {
    const library = this.#library;
    library.samples.set(samples);
    const bytes = library.check(
      library.exports.opus_encode(
        this.#pointer,
        library.samplesPointer,
        this.#frameSamples,
        library.packetPointer,
        MAX_PACKET_BYTES,
      ),
      'encode a frame',
    );
    return library.packet.subarray(0, bytes);
  }

  /** Gives its memory back; it must not be used afterwards. Repeatable. */
  close(): void {
    if (this.#pointer === 0) return;
    this.#library.exports.free(this.#pointer);
    this.#pointer = 0;
  }

  #set(request: number, value: number): void {
    this.#library.check(
      this.#library.exports.opus_encoder_ctl_set(this.#pointer, request, value),
      'set up an encoder',
    );
  }
}
