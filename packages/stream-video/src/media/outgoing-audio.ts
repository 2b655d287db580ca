import { randomInt } from 'node:crypto';
import type { AudioFrame, SampleRate } from '@phone-agents/core';
import { samplesPerFrame } from '@phone-agents/core';
import { OpusEncoder } from '../opus/opus-encoder.ts';
import type { OpusLibrary } from '../opus/opus-library.ts';

const RTP_CLOCK_RATE = 48_000;
/** 20 ms. */
const TICKS_PER_FRAME = RTP_CLOCK_RATE / 50;
const NARROWBAND_BITRATE = 24_000;
const WIDEBAND_BITRATE = 32_000;
/** So much loss is prepared for, by repeating part of each frame in the next. */
const EXPECTED_LOSS_PERCENT = 5;

/** Sends one RTP packet; `payload` is the receiver's to keep. */
export type SendPacket = (
  sequenceNumber: number,
  timestamp: number,
  startsAfterPause: boolean,
  payload: Buffer,
) => void;

/** One participant's sound on its way out: frames become RTP packets, one each, at once. */
export class OutgoingAudio {
  readonly sampleRate: SampleRate;
  readonly #encoder: OpusEncoder;
  readonly #send: SendPacket;
  readonly #ticksPerSample: number;
  /** Both begin anywhere (RFC 3550, section 5.1). */
  #sequenceNumber = randomInt(0x1_0000);
  readonly #firstTimestamp = randomInt(0x1_0000_0000);
  /** Media time behind the last frame, in ticks. */
  #ticks = 0;
  #hasSent = false;

  constructor(opus: OpusLibrary, sampleRate: SampleRate, send: SendPacket) {
    this.sampleRate = sampleRate;
    this.#send = send;
    this.#ticksPerSample = RTP_CLOCK_RATE / sampleRate;
    this.#encoder = new OpusEncoder(opus, {
      sampleRate,
      bitrate: sampleRate === 8000 ? NARROWBAND_BITRATE : WIDEBAND_BITRATE,
      complexity: 0,
      expectedLossPercent: EXPECTED_LOSS_PERCENT,
    });
  }

  /**
   * Encodes and sends a frame; borrowed.
   *
   * @throws RangeError for a frame of another rate or length.
   */
  publish({ samples, sampleRate, timestampSamples }: AudioFrame): void {
    if (sampleRate !== this.sampleRate) {
      throw new RangeError(
        `The frame has ${sampleRate} Hz; this connection ${this.sampleRate} Hz.`,
      );
    }
    if (samples.length !== samplesPerFrame(sampleRate)) {
      throw new RangeError(`The frame has ${samples.length} samples; 20 ms are needed.`);
    }
    const payload = Buffer.from(this.#encoder.encode(samples));
    // Time that stands still or runs back is a publisher that does not count.
    const ticks = Math.max(this.#ticks, Math.round(timestampSamples * this.#ticksPerSample));
    const startsAfterPause = !this.#hasSent || ticks !== this.#ticks;
    this.#hasSent = true;
    this.#ticks = ticks + TICKS_PER_FRAME;
    const sequenceNumber = this.#sequenceNumber;
    this.#sequenceNumber = (sequenceNumber + 1) & 0xffff;
    this.#send(sequenceNumber, (this.#firstTimestamp + ticks) >>> 0, startsAfterPause, payload);
  }

  /** Frees the encoder. Repeatable. */
  close(): void {
    this.#encoder.close();
  }
}
