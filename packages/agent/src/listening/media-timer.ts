import type { Clock, ClockTimer } from '@phone-agents/core';
import type { MediaTimeline } from './media-timeline.ts';

/** One timer on media time: what arrives late, or in a burst, does not shift it. */
export class MediaTimer {
  readonly #clock: Clock;
  readonly #timeline: MediaTimeline;
  #timer: ClockTimer | undefined;

  constructor(clock: Clock, timeline: MediaTimeline) {
    this.#clock = clock;
    this.#timeline = timeline;
  }

  get isSet(): boolean {
    return this.#timer !== undefined;
  }

  /** Calls `onDue` when `mediaMs` is reached; whatever was set before is forgotten. */
  set(mediaMs: number, onDue: () => void): void {
    this.cancel();
    const delayMs = Math.max(0, this.#timeline.clockAt(mediaMs) - this.#clock.now());
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = undefined;
      // Media time may have been found to be behind since.
      if (this.#timeline.now() < mediaMs - 1) this.set(mediaMs, onDue);
      else onDue();
    }, delayMs);
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
