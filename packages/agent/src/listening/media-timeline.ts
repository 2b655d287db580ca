import type { AudioFrame, Clock } from '@phone-agents/core';
import { FRAME_DURATION_MS } from '@phone-agents/core';

/** A longer hole in the media time is taken for a new time line, not for silence. */
const MAX_GAP_MS = 10_000;
/** Less than this is rounding. */
const TOLERANCE_MS = 1;

/**
 * One unbroken media time for a session, in ms from the phone's first sample. A media stream that
 * was lost and came back counts from 0 again; here its time goes on. Also tells which clock time
 * belongs to a media time.
 */
export class MediaTimeline {
  readonly #clock: Clock;
  #offsetMs = 0;
  #nextMs: number | undefined;
  #isBroken = false;
  #anchorMediaMs = 0;
  #anchorClockMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#anchorClockMs = clock.now();
  }

  /** Says that `mediaMs` is being reached now, before the frames up to there are placed. */
  anchor(mediaMs: number): void {
    this.#anchorMediaMs = mediaMs;
    this.#anchorClockMs = this.#clock.now();
  }

  /** The next frame comes from another source with a count of its own; it follows on the last. */
  changeSource(): void {
    this.#isBroken = this.#nextMs !== undefined;
  }

  /** Media time of a frame's first sample; frames come in order. */
  place(frame: AudioFrame): number {
    let startMs = (frame.timestampSamples * 1000) / frame.sampleRate + this.#offsetMs;
    const expectedMs = this.#nextMs ?? startMs;
    const jumpMs = startMs - expectedMs;
    if (jumpMs < TOLERANCE_MS || jumpMs > MAX_GAP_MS || this.#isBroken) {
      if (Math.abs(jumpMs) >= TOLERANCE_MS) this.#offsetMs -= jumpMs;
      startMs = expectedMs;
    }
    this.#isBroken = false;
    this.#nextMs = startMs + FRAME_DURATION_MS;
    this.anchor(this.#nextMs);
    return startMs;
  }

  /** Media time now. */
  now(): number {
    return this.#anchorMediaMs + this.#clock.now() - this.#anchorClockMs;
  }

  /** Clock time at which `mediaMs` was, or will be, reached. */
  clockAt(mediaMs: number): number {
    return this.#anchorClockMs + mediaMs - this.#anchorMediaMs;
  }
}
