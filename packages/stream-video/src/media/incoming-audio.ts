import type { AudioFrame, Clock, ClockTimer, SampleRate } from '@phone-agents/core';
import { FRAME_DURATION_MS, samplesPerFrame } from '@phone-agents/core';
import { OpusDecoder } from '../opus/opus-decoder.ts';
import type { OpusLibrary } from '../opus/opus-library.ts';
import { OpusError } from '../opus/opus-library.ts';
import { FrameAssembler } from './frame-assembler.ts';
import type { OrderedPacket } from './packet-order.ts';
import { PacketOrder } from './packet-order.ts';
import { PlayoutDelay } from './playout-delay.ts';

/** The clock of Opus in RTP, whatever rate it is decoded at (RFC 7587, section 4.1). */
const RTP_CLOCK_RATE = 48_000;
const RTP_TICKS_PER_MS = RTP_CLOCK_RATE / 1000;
/** Concealment beyond this is noise; what is lost in addition is silence. */
const MAX_CONCEALED_FRAMES = 5;
/** A hole in the media time of this length is a pause of the source, not a late packet. */
const PAUSE_MS = 60;
/** Nothing for so long, and then a media time that did not go on, is a source that stopped counting. */
const STANDSTILL_MS = 1_000;
/** What was under way at a reset has come in by then. */
const UNDER_WAY_MS = 300;
/** A jump of the media time beyond this is a new count. */
const MAX_JUMP_MS = 60_000;

/** Where a source's sound ended. */
export interface MediaEnd {
  /** Media time, in samples. */
  readonly position: number;
  /** When its last packet came, by the clock. */
  readonly arrivalMs: number;
}

export interface IncomingAudioOptions {
  readonly opus: OpusLibrary;
  readonly clock: Clock;
  /** Rate of the frames that it gives, in Hz. */
  readonly sampleRate: SampleRate;
  /** Gets 20 ms frames in order, borrowed. */
  readonly onFrame: (frame: AudioFrame) => void;
  /** What the media time goes on from; default: it begins at 0. */
  readonly continues?: MediaEnd | undefined;
}

/**
 * One participant's sound, from RTP packets as they come to frames in order: reordered, lost ones
 * recovered or concealed, decoded at the rate asked for. Frames are given as soon as their turn has come;
 * playing them at an even pace is up to who plays them, with {@link playoutDelayMs} to wait.
 *
 * It outlives its stream: a participant that comes back with another one continues its media time.
 */
export class IncomingAudio {
  readonly #clock: Clock;
  readonly #decoder: OpusDecoder;
  readonly #order: PacketOrder;
  readonly #delay = new PlayoutDelay();
  readonly #frames: FrameAssembler;
  readonly #frameSamples: number;
  readonly #samplesPerTick: number;
  /** What is added to a timestamp to have a media time, in ticks; undefined until the stream's first packet. */
  #offsetTicks: number | undefined;
  #lastTimestamp = 0;
  #lastTicks = 0;
  #lastArrivalMs: number | undefined;
  /** Media time of the latest packet that came, in ticks. */
  #newestTicks = 0;
  /** Until then what continues the sound from before the reset is dropped. */
  #deafUntilMs: number | undefined;
  #timer: ClockTimer | undefined;
  #isClosed = false;

  constructor({ opus, clock, sampleRate, onFrame, continues }: IncomingAudioOptions) {
    this.#clock = clock;
    this.#decoder = new OpusDecoder(opus, sampleRate);
    this.#order = new PacketOrder((packet, lostBefore) => this.#take(packet, lostBefore));
    this.#frames = new FrameAssembler(sampleRate, onFrame);
    this.#frameSamples = samplesPerFrame(sampleRate);
    this.#samplesPerTick = sampleRate / RTP_CLOCK_RATE;
    if (continues) {
      this.#frames.advance(continues.position);
      this.#lastArrivalMs = continues.arrivalMs;
    }
  }

  /** Where its sound ended; undefined while none has come. */
  get end(): MediaEnd | undefined {
    const arrivalMs = this.#lastArrivalMs;
    return arrivalMs === undefined ? undefined : { position: this.#frames.position, arrivalMs };
  }

  /** How long its sound should wait before it is played, in ms, for late packets to come in time. */
  get playoutDelayMs(): number {
    return this.#delay.delayMs;
  }

  /** A packet as it came from the network; its payload is kept until its turn. */
  receive(packet: OrderedPacket): void {
    if (this.#isClosed) return;
    const now = this.#clock.now();
    this.#offsetTicks ??= this.#firstOffset(packet.timestamp, now);
    this.#countStandstill(packet.timestamp, now);
    this.#lastArrivalMs = now;
    const ticks = this.#ticksAt(packet.timestamp);
    const isNewRun = ticks - this.#newestTicks > PAUSE_MS * RTP_TICKS_PER_MS;
    if (ticks > this.#newestTicks) this.#newestTicks = ticks;
    if (isNewRun) this.#delay.restart();
    this.#delay.observe(now, ticks / RTP_TICKS_PER_MS);
    if (this.#deafUntilMs !== undefined) {
      if (!isNewRun && now < this.#deafUntilMs) return;
      this.#deafUntilMs = undefined;
    }
    this.#order.push(packet);
    this.#waitForMissing();
  }

  /** Its packets come from another stream from now on: other numbers, another clock. */
  changeStream(): void {
    if (this.#isClosed) return;
    this.#order.flush();
    this.#cancelTimer();
    this.#order.reset();
    // What it remembers does not continue in what comes: predicted from that, sound overshoots.
    this.#decoder.reset();
    this.#delay.restart();
    this.#offsetTicks = undefined;
    this.#deafUntilMs = undefined;
  }

  /**
   * Drops what is under way: held here, or on the network still. The source is heard again from its next
   * word on, or after 300 ms.
   */
  reset(): void {
    if (this.#isClosed) return;
    this.#cancelTimer();
    this.#order.reset();
    this.#decoder.reset();
    this.#deafUntilMs = this.#clock.now() + UNDER_WAY_MS;
  }

  /** Frees everything. Repeatable. */
  close(): void {
    this.#isClosed = true;
    this.#cancelTimer();
    this.#order.reset();
    this.#decoder.close();
  }

  /** A new stream goes on where the last one ended, later by as long as nothing came. */
  #firstOffset(timestamp: number, now: number): number {
    const silentMs = Math.max(0, now - (this.#lastArrivalMs ?? now) - FRAME_DURATION_MS);
    const position = Math.round(
      this.#frames.position / this.#samplesPerTick + silentMs * RTP_TICKS_PER_MS,
    );
    this.#lastTimestamp = timestamp;
    this.#lastTicks = timestamp;
    this.#newestTicks = position;
    return position - timestamp;
  }

  /** A source that was muted may go on with the timestamps from before: the time in between counts. */
  #countStandstill(timestamp: number, now: number): void {
    const silentMs = now - (this.#lastArrivalMs ?? now) - FRAME_DURATION_MS;
    if (silentMs < STANDSTILL_MS) return;
    const skippedMs =
      (this.#ticksAt(timestamp) - this.#newestTicks) / RTP_TICKS_PER_MS - FRAME_DURATION_MS;
    if (skippedMs < 0 || skippedMs > silentMs / 2) return;
    this.#order.flush();
    this.#offsetTicks! += Math.round((silentMs - skippedMs) * RTP_TICKS_PER_MS);
  }

  /** Media time of a timestamp, in ticks that do not wrap. */
  #ticksAt(timestamp: number): number {
    return this.#lastTicks + ((timestamp - this.#lastTimestamp) | 0) + this.#offsetTicks!;
  }

  /** What is missing is waited for, as long as the listeners' own waiting makes up for it. */
  #waitForMissing(): void {
    if (!this.#order.isWaiting) {
      this.#cancelTimer();
      return;
    }
    const waitMs = this.#delay.delayMs - FRAME_DURATION_MS;
    if (waitMs <= 0) {
      this.#order.flush();
      this.#cancelTimer();
      return;
    }
    this.#timer ??= this.#clock.setTimeout(() => {
      this.#timer = undefined;
      this.#order.skip();
      this.#waitForMissing();
    }, waitMs);
  }

  #cancelTimer(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** A packet's turn has come. */
  #take({ timestamp, payload }: OrderedPacket, lostBefore: number): void {
    const ticks = this.#ticksAt(timestamp);
    this.#lastTicks += (timestamp - this.#lastTimestamp) | 0;
    this.#lastTimestamp = timestamp;
    let position = Math.round(ticks * this.#samplesPerTick);
    const jump = position - this.#frames.position;
    if (Math.abs(jump) > MAX_JUMP_MS * RTP_TICKS_PER_MS * this.#samplesPerTick) {
      // Not this stream's clock any more: it goes on from where it is.
      this.#offsetTicks! += Math.round((this.#frames.position - position) / this.#samplesPerTick);
      position = this.#frames.position;
    } else if (lostBefore > 0) {
      this.#conceal(payload, lostBefore, jump);
    }
    this.#frames.advance(position);
    this.#decode(payload);
  }

  /** Fills the hole before `next`, but not what was a pause anyway. */
  #conceal(next: Uint8Array, lost: number, missingSamples: number): void {
    const missingFrames = Math.round(missingSamples / this.#frameSamples);
    const frames = Math.min(lost, missingFrames, MAX_CONCEALED_FRAMES);
    for (let left = frames; left > 0; left--) {
      // Only the very last lost frame is repeated in the next packet.
      const recovers = left === 1 && missingFrames === lost;
      try {
        this.#frames.push(
          recovers
            ? this.#decoder.recover(next, this.#frameSamples)
            : this.#decoder.conceal(this.#frameSamples),
        );
      } catch (error) {
        if (!(error instanceof OpusError)) throw error;
        return;
      }
    }
  }

  #decode(payload: Uint8Array): void {
    try {
      this.#frames.push(this.#decoder.decode(payload));
    } catch (error) {
      // One packet that is none must not end the call: it counts as lost.
      if (!(error instanceof OpusError)) throw error;
      this.#frames.push(this.#decoder.conceal(this.#frameSamples));
    }
  }
}
