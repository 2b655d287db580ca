import { SampleQueue } from '../audio/sample-queue.ts';
import { SourceCushion } from './source-cushion.ts';

/** A stretch of one source's audio that was sent without a break. */
interface Run {
  readonly sentAt: number;
  readonly sourceAt: number;
  samples: number;
}

/** What of one source waits, was sent, and was heard; all in samples at the phone's rate. */
export class PlayoutSource {
  readonly queue: SampleQueue;
  /** For sound that comes over a network; undefined where it comes evenly. */
  cushion: SourceCushion | undefined;
  /** Samples that the source has given so far: its own time line. */
  received = 0;
  /** Position on the phone's time line behind its last sample that was sent. */
  sentUntil = 0;
  /** Ticks since it last had something to send. */
  idleTicks = Number.POSITIVE_INFINITY;
  #runs: Run[] = [];
  /** Up to where it was heard, as far as older runs tell. */
  #heardBefore = 0;

  constructor(capacitySamples: number) {
    this.queue = new SampleQueue(capacitySamples);
  }

  /** Whether something is to be sent now. */
  get isReady(): boolean {
    return this.queue.length > 0 && (this.cushion?.isPlaying ?? true);
  }

  /** Takes samples at the end of the queue, and returns how many were dropped for lack of room. */
  push(samples: Int16Array, delayMs: number): number {
    this.received += samples.length;
    if (delayMs > 0) {
      this.cushion ??= new SourceCushion();
      this.cushion.delayMs = delayMs;
      if (!this.cushion.admits(samples)) return 0;
    }
    return this.queue.push(samples);
  }

  /** Takes one frame into `into`, silence where less waits, as sent at `sentAt` on the phone's time line. */
  pull(into: Int16Array, sentAt: number): void {
    const sourceAt = this.received - this.queue.length;
    const samples = this.queue.pull(into);
    if (samples < into.length) into.fill(0, samples);
    const last = this.#runs.at(-1);
    if (
      last &&
      last.sentAt + last.samples === sentAt &&
      last.sourceAt + last.samples === sourceAt
    ) {
      last.samples += samples;
    } else {
      this.#runs.push({ sentAt, sourceAt, samples });
    }
    this.sentUntil = sentAt + samples;
  }

  /** How much of this source was heard when `head` of the phone's time line was; its own time line. */
  heard(head: number): number {
    let heard = this.#heardBefore;
    for (const run of this.#runs) {
      if (run.sentAt >= head) break;
      heard = run.sourceAt + Math.min(run.samples, head - run.sentAt);
    }
    return heard;
  }

  /** Sent and not heard yet. */
  unheard(head: number): number {
    let unheard = 0;
    for (const run of this.#runs) {
      unheard += run.samples - Math.min(run.samples, Math.max(0, head - run.sentAt));
    }
    return unheard;
  }

  /** Forgets runs that are heard whole. */
  prune(head: number): void {
    while (this.#runs.length > 0) {
      const run = this.#runs[0]!;
      if (run.sentAt + run.samples > head) return;
      this.#heardBefore = run.sourceAt + run.samples;
      this.#runs.shift();
    }
  }

  /** What was sent behind `head` is gone: the far side dropped it. */
  cut(head: number): void {
    this.#heardBefore = this.heard(head);
    this.#runs = [];
  }
}
