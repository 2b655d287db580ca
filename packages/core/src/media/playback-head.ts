/**
 * Estimates which sample of a stream is being played on the far side: it moves in real time from its
 * last anchor on, and never past what was sent.
 */
export class PlaybackHead {
  readonly #samplesPerMs: number;
  #anchorSamples = 0;
  #anchorMs = 0;

  constructor(sampleRate: number) {
    this.#samplesPerMs = sampleRate / 1000;
  }

  /** The position at `nowMs`, where `sentSamples` have been sent. */
  at(nowMs: number, sentSamples: number): number {
    const moved = this.#anchorSamples + (nowMs - this.#anchorMs) * this.#samplesPerMs;
    return Math.min(sentSamples, Math.floor(moved));
  }

  /** `samples` was just reached. */
  anchor(samples: number, nowMs: number): void {
    this.#anchorSamples = samples;
    this.#anchorMs = nowMs;
  }

  /** More is about to be sent: where all before was played, playing starts again now. */
  beforeSending(nowMs: number, sentSamples: number): void {
    if (this.at(nowMs, sentSamples) >= sentSamples) this.anchor(sentSamples, nowMs);
  }
}
