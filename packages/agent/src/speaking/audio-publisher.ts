import type { AudioFrame, Clock, EdgeConnection, Unsubscribe } from '@phone-agents/core';
import { FRAME_DURATION_MS, samplesPerFrame, sharedTicker } from '@phone-agents/core';

/** Where nothing may be sent ahead, a tick may still come this much early. */
const TICK_TOLERANCE_MS = 10;

interface Waiter {
  readonly samples: number;
  readonly resolve: () => void;
}

/**
 * Publishes speech to the edge at the pace at which it is heard: queued samples go out as 20 ms frames,
 * as far ahead of real time as the connection allows (`publishLeadMs`), without drift. While nothing
 * is queued it holds no timer.
 *
 * Frames' timestamps are the speaker's media time since the publisher was made: pauses count.
 */
export class AudioPublisher {
  readonly #connection: EdgeConnection;
  readonly #onPublished: ((samples: Int16Array, playedAtMs: number) => void) | undefined;
  readonly #clock: Clock;
  readonly #samplesPerMs: number;
  readonly #aheadLimitMs: number;
  readonly #frame: Int16Array;
  readonly #published: { -readonly [K in keyof AudioFrame]: AudioFrame[K] };
  readonly #originMs: number;
  #chunks: Int16Array[] = [];
  /** Samples of the first chunk that are gone already. */
  #taken = 0;
  #queuedSamples = 0;
  #publishedSamples = 0;
  #nextTimestamp = 0;
  /** Clock time at which all that was published has been played; a run of speech ends there. */
  #runEndMs = Number.NEGATIVE_INFINITY;
  #unsubscribe: Unsubscribe | undefined;
  #waiters: Waiter[] = [];
  #isClosed = false;

  /** @param onPublished Told of each frame, borrowed, and of the clock time from which on it is played. */
  constructor(
    connection: EdgeConnection,
    clock: Clock,
    onPublished?: (samples: Int16Array, playedAtMs: number) => void,
  ) {
    this.#connection = connection;
    this.#onPublished = onPublished;
    this.#clock = clock;
    this.#samplesPerMs = connection.sampleRate / 1000;
    this.#aheadLimitMs = Math.max(connection.publishLeadMs - FRAME_DURATION_MS, TICK_TOLERANCE_MS);
    this.#frame = new Int16Array(samplesPerFrame(connection.sampleRate));
    this.#originMs = clock.now();
    this.#published = {
      samples: this.#frame,
      sampleRate: connection.sampleRate,
      timestampSamples: 0,
    };
  }

  /** Audio that was given to the edge so far, in ms; pauses do not count. */
  get publishedMs(): number {
    return this.#publishedSamples / this.#samplesPerMs;
  }

  /** Audio that waits, in ms. */
  get queuedMs(): number {
    return this.#queuedSamples / this.#samplesPerMs;
  }

  /** Where the next pushed sample will stand among all that is published, in ms. */
  get endMs(): number {
    return (this.#publishedSamples + this.#queuedSamples) / this.#samplesPerMs;
  }

  /**
   * Queues samples at the connection's rate, any number. They are kept, not copied: do not write to
   * them afterwards. What is due goes out at once.
   */
  push(samples: Int16Array): void {
    if (this.#isClosed || samples.length === 0) return;
    const now = this.#clock.now();
    // After a pause the pace begins anew; behind a late timer it does not, so that nothing drifts.
    if (this.#queuedSamples < this.#frame.length && this.#runEndMs < now) this.#beginRun(now);
    this.#chunks.push(samples);
    this.#queuedSamples += samples.length;
    this.#pump();
  }

  /** What is queued is complete: silence fills its last frame. */
  finish(): void {
    const excess = this.#queuedSamples % this.#frame.length;
    if (excess > 0) this.push(new Int16Array(this.#frame.length - excess));
  }

  /** Drops what waits; nothing more goes out until the next push. Gives what was dropped, in ms. */
  clear(): number {
    const droppedMs = this.queuedMs;
    this.#chunks = [];
    this.#taken = 0;
    this.#queuedSamples = 0;
    // What was sent ahead is dropped at the far side too, so the next word is played at once.
    this.#runEndMs = Number.NEGATIVE_INFINITY;
    this.#stop();
    this.#settleWaiters();
    return droppedMs;
  }

  /** Resolves when all that is queued has been published, or was dropped. */
  whenPublished(): Promise<void> {
    return this.whenQueuedAtMost(0);
  }

  /** Resolves when no more than `queuedMs` waits. */
  whenQueuedAtMost(queuedMs: number): Promise<void> {
    const samples = queuedMs * this.#samplesPerMs;
    if (this.#queuedSamples <= samples) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ samples, resolve }));
  }

  /** Drops what waits and takes no more. Repeatable. */
  close(): void {
    this.#isClosed = true;
    this.clear();
  }

  #beginRun(now: number): void {
    this.#runEndMs = now;
    const elapsedFrames = Math.floor((now - this.#originMs) / FRAME_DURATION_MS);
    this.#nextTimestamp = Math.max(this.#nextTimestamp, elapsedFrames * this.#frame.length);
  }

  #pump(): void {
    const now = this.#clock.now();
    while (
      this.#queuedSamples >= this.#frame.length &&
      this.#runEndMs - now <= this.#aheadLimitMs
    ) {
      this.#publishFrame();
    }
    if (this.#waiters.length > 0) this.#settleWaiters();
    if (this.#queuedSamples < this.#frame.length) this.#stop();
    else this.#unsubscribe ??= sharedTicker(this.#clock).subscribe(() => this.#pump());
  }

  #publishFrame(): void {
    const frame = this.#frame;
    let filled = 0;
    while (filled < frame.length) {
      const chunk = this.#chunks[0]!;
      const count = Math.min(chunk.length - this.#taken, frame.length - filled);
      frame.set(chunk.subarray(this.#taken, this.#taken + count), filled);
      filled += count;
      this.#taken += count;
      if (this.#taken < chunk.length) continue;
      this.#chunks.shift();
      this.#taken = 0;
    }
    this.#published.timestampSamples = this.#nextTimestamp;
    this.#nextTimestamp += frame.length;
    this.#queuedSamples -= frame.length;
    this.#publishedSamples += frame.length;
    this.#onPublished?.(frame, this.#runEndMs);
    this.#runEndMs += FRAME_DURATION_MS;
    this.#connection.publish(this.#published);
  }

  #stop(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }

  #settleWaiters(): void {
    const ready = this.#waiters.filter((waiter) => this.#queuedSamples <= waiter.samples);
    if (ready.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => this.#queuedSamples > waiter.samples);
    for (const waiter of ready) waiter.resolve();
  }
}
