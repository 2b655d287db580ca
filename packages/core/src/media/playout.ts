import type { Mixer } from '../audio/mixer.ts';
import { createMixer } from '../audio/mixer.ts';
import type { SampleRate } from '../audio/audio-frame.ts';
import { samplesPerFrame } from '../audio/audio-frame.ts';
import type { Clock } from '../clock/clock.ts';
import type { Unsubscribe } from '../events/emitter.ts';
import { PlaybackHead } from './playback-head.ts';
import { PlayoutSource } from './playout-source.ts';
import type { PhoneMediaStream } from './phone-media-stream.ts';

/** A source that gives more than this without its being sent loses the oldest. */
const QUEUE_LIMIT_MS = 2_000;
/** How far the phone leg sends ahead of real time, while one source speaks. */
const MAX_LEAD_MS = 140;
/** A mark is sent after this much audio, and at the end of an utterance. */
const MARK_INTERVAL_MS = 200;
/** An utterance has ended when nothing came for so many ticks: audio that comes in real time has no gap so long. */
const UTTERANCE_END_TICKS = 3;
/** A source counts as speaking until it was silent for so many ticks. */
const ACTIVE_TICKS = 10;
/** Audio counts as heard this long after its time, where a mark got lost. */
const LOST_MARK_MS = 500;

/** What an interruption left. */
export interface PlayoutInterruption {
  /** How much of the source was heard, in ms of its own time line. */
  readonly heardMs: number;
  /** How much of it was dropped: queued, or sent and not played. */
  readonly discardedMs: number;
}

/** What a {@link Playout} is made with. */
export interface PlayoutOptions {
  readonly clock: Clock;
  /** Rate of what is enqueued and sent, in Hz. */
  readonly sampleRate: SampleRate;
  /** Told once per source when it overruns its queue. */
  readonly onOverrun?: ((sourceId: string) => void) | undefined;
}

interface Waiter {
  readonly source: PlayoutSource;
  readonly resolve: () => void;
}

/**
 * Outgoing audio of one phone leg: queued, sent, heard, interrupted.
 *
 * Each source has a queue. Every 20 ms {@link tick} takes from the queues and sends: one source's
 * audio as far ahead as it comes, several sources summed frame by frame. Marks every 200 ms tell
 * what was played; between marks, and where a provider has none, the clock estimates it.
 */
export class Playout {
  readonly sampleRate: SampleRate;
  readonly #clock: Clock;
  readonly #onOverrun: ((sourceId: string) => void) | undefined;
  readonly #frameSamples: number;
  readonly #samplesPerMs: number;
  readonly #frame: Int16Array;
  readonly #mixer: Mixer;
  readonly #sources = new Map<string, PlayoutSource>();
  readonly #overrun = new Set<string>();
  /** What the caller hears now, as marks say. */
  readonly #heard: PlaybackHead;
  /** What the caller hears now, by the clock alone: marks come late, and pacing must not wait for them. */
  readonly #paced: PlaybackHead;
  readonly #marks = new Map<string, number>();
  #waiters: Waiter[] = [];
  #media: PhoneMediaStream | undefined;
  #unsubscribe: Unsubscribe | undefined;
  #sent = 0;
  #markedUntil = 0;
  /** Up to here marks prove that it was played, or it was dropped. */
  #settledUntil = 0;
  #silentTicks = 0;
  #generation = 0;
  #markCount = 0;

  constructor(options: PlayoutOptions) {
    this.#clock = options.clock;
    this.sampleRate = options.sampleRate;
    this.#onOverrun = options.onOverrun;
    this.#frameSamples = samplesPerFrame(options.sampleRate);
    this.#samplesPerMs = options.sampleRate / 1000;
    this.#frame = new Int16Array(this.#frameSamples);
    this.#mixer = createMixer(this.#frameSamples);
    this.#heard = new PlaybackHead(options.sampleRate);
    this.#paced = new PlaybackHead(options.sampleRate);
  }

  /** Sends to `media` from now on; what the stream before held and had not played is lost. */
  useMedia(media: PhoneMediaStream | undefined): void {
    this.#unsubscribe?.();
    if (this.#media) this.#forgetSent();
    this.#media = media;
    this.#unsubscribe = media?.on('mark-received', (name) => this.#markReceived(name));
    this.#settleWaiters();
  }

  /**
   * Queues samples of a source, a whole number of frames at `sampleRate`; they are copied.
   *
   * @param delayMs How long the source's sound should wait, in ms, where it comes over a network:
   *   frames that are late by less than that come in time. Default 0: it comes evenly, or ahead.
   */
  enqueue(sourceId: string, samples: Int16Array, delayMs = 0): void {
    const source = this.#source(sourceId);
    if (source.push(samples, delayMs) === 0 || this.#overrun.has(sourceId)) return;
    this.#overrun.add(sourceId);
    this.#onOverrun?.(sourceId);
  }

  /** Sends what is due; called every 20 ms by the shared ticker. */
  tick(): void {
    const media = this.#media;
    if (!media?.start) return;
    const now = this.#clock.now();
    this.#tickCushions(now);
    const speaking = this.#countSpeaking();
    let sent = this.#sendFrame(media, now);
    this.#silentTicks = sent ? 0 : this.#silentTicks + 1;
    // One voice may run ahead; several are summed at one frame a tick, so that none overtakes.
    if (speaking === 1) {
      while (sent && this.#leadMs(now) < MAX_LEAD_MS) sent = this.#sendFrame(media, now);
    }
    if (this.#sent > this.#markedUntil && this.#silentTicks >= UTTERANCE_END_TICKS) {
      this.#mark(media);
    }
    if (this.#waiters.length > 0) this.#settleWaiters();
    const head = this.#heard.at(now, this.#sent);
    for (const source of this.#sources.values()) source.prune(head);
  }

  /** How much of a source the caller has heard, in ms of the source's own time line. */
  heardMs(sourceId: string): number {
    const source = this.#sources.get(sourceId);
    return source ? source.heard(this.#head()) / this.#samplesPerMs : 0;
  }

  /** How much of a source waits to be heard: queued here, or sent and not played, in ms. */
  pendingMs(sourceId: string): number {
    const source = this.#sources.get(sourceId);
    if (!source) return 0;
    return (source.queue.length + source.unheard(this.#head())) / this.#samplesPerMs;
  }

  /** All audio that was sent and not played yet, in ms. */
  get bufferedMs(): number {
    return (this.#sent - this.#head()) / this.#samplesPerMs;
  }

  /** Drops what a source has waiting and what the provider holds; other sources' queues are kept. */
  interrupt(sourceId: string): PlayoutInterruption {
    const source = this.#sources.get(sourceId);
    if (!source) return { heardMs: 0, discardedMs: 0 };
    const head = this.#head();
    const result = {
      heardMs: source.heard(head) / this.#samplesPerMs,
      discardedMs: (source.queue.length + source.unheard(head)) / this.#samplesPerMs,
    };
    source.queue.clear();
    // The estimate may run ahead of the far side: only a mark proves that it holds nothing any more.
    if (this.#sent > this.#settledUntil) {
      this.#media?.clear();
      this.#forgetSent();
    }
    this.#settle((waiter) => waiter.source === source);
    return result;
  }

  /** Resolves when everything of a source that is queued now was heard, or was dropped. */
  whenHeard(sourceId: string): Promise<void> {
    const source = this.#sources.get(sourceId);
    if (!source || this.#isHeard(source)) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ source, resolve }));
  }

  /** Resolves when everything of all sources that is queued now was heard, or was dropped. */
  async whenAllHeard(): Promise<void> {
    await Promise.all([...this.#sources.keys()].map((sourceId) => this.whenHeard(sourceId)));
  }

  /** Samples of a source are left out on purpose: its time line goes on without them. */
  skip(sourceId: string, samples: number): void {
    this.#source(sourceId).received += samples;
  }

  /** Drops what all sources have waiting and what the provider holds. */
  interruptAll(): void {
    for (const sourceId of this.#sources.keys()) this.interrupt(sourceId);
  }

  /** A source is gone for good: what it has queued is still played. */
  removeSource(sourceId: string): void {
    const source = this.#sources.get(sourceId);
    if (!source) return;
    this.#overrun.delete(sourceId);
    if (source.queue.length === 0) this.#sources.delete(sourceId);
    else void this.whenHeard(sourceId).then(() => this.#sources.delete(sourceId));
  }

  /** Frees everything; whoever waits is told. */
  close(): void {
    this.useMedia(undefined);
    this.#settle(() => true);
    this.#sources.clear();
  }

  #source(sourceId: string): PlayoutSource {
    let source = this.#sources.get(sourceId);
    if (!source) {
      source = new PlayoutSource(QUEUE_LIMIT_MS * this.#samplesPerMs);
      this.#sources.set(sourceId, source);
    }
    return source;
  }

  #head(): number {
    return this.#heard.at(this.#clock.now(), this.#sent);
  }

  #leadMs(now: number): number {
    return (this.#sent - this.#paced.at(now, this.#sent)) / this.#samplesPerMs;
  }

  /** Lets the sources that come over a network decide whether they are played now. */
  #tickCushions(now: number): void {
    for (const source of this.#sources.values()) {
      const { cushion, queue } = source;
      if (!cushion) continue;
      const unplayed = Math.max(0, source.sentUntil - this.#paced.at(now, this.#sent));
      cushion.tick(queue.length / this.#samplesPerMs, unplayed / this.#samplesPerMs);
    }
  }

  #countSpeaking(): number {
    let speaking = 0;
    for (const source of this.#sources.values()) {
      source.idleTicks = source.queue.length > 0 ? 0 : source.idleTicks + 1;
      if (source.idleTicks < ACTIVE_TICKS) speaking++;
    }
    return speaking;
  }

  /** Sends one frame of all that is queued; false where there was nothing. */
  #sendFrame(media: PhoneMediaStream, now: number): boolean {
    let first: PlayoutSource | undefined;
    let summed = false;
    for (const source of this.#sources.values()) {
      if (!source.isReady) continue;
      if (!first) {
        first = source;
        source.pull(this.#frame, this.#sent);
        continue;
      }
      if (!summed) {
        this.#mixer.clear();
        this.#mixer.add(this.#frame);
        summed = true;
      }
      source.pull(this.#frame, this.#sent);
      this.#mixer.add(this.#frame);
    }
    if (!first) return false;
    if (summed) this.#mixer.finish(this.#frame);
    this.#heard.beforeSending(now, this.#sent);
    this.#paced.beforeSending(now, this.#sent);
    media.sendAudio(this.#frame);
    this.#sent += this.#frameSamples;
    if (this.#sent - this.#markedUntil >= MARK_INTERVAL_MS * this.#samplesPerMs) this.#mark(media);
    return true;
  }

  #mark(media: PhoneMediaStream): void {
    this.#markedUntil = this.#sent;
    if (!media.supportsMarks) return;
    const name = `${this.#generation}-${++this.#markCount}`;
    this.#marks.set(name, this.#sent);
    media.sendMark(name);
  }

  #markReceived(name: string): void {
    const position = this.#marks.get(name);
    // Unknown: somebody else's, or from before a clear, when an echo proves nothing.
    if (position === undefined) return;
    for (const [older, at] of this.#marks) if (at <= position) this.#marks.delete(older);
    this.#settledUntil = position;
    this.#heard.anchor(position, this.#clock.now());
    this.#settleWaiters();
  }

  /** What was sent and not played will not be played any more. */
  #forgetSent(): void {
    const head = this.#head();
    const now = this.#clock.now();
    for (const source of this.#sources.values()) source.cut(head);
    this.#generation++;
    this.#marks.clear();
    this.#markedUntil = this.#sent;
    this.#settledUntil = this.#sent;
    this.#heard.anchor(this.#sent, now);
    this.#paced.anchor(this.#sent, now);
  }

  #settleWaiters(): void {
    this.#settle(({ source }) => this.#isHeard(source));
  }

  /** Everything of the source was played: a mark says so, or the clock where there is none. */
  #isHeard(source: PlayoutSource): boolean {
    if (source.queue.length > 0) return false;
    if (source.sentUntil <= this.#settledUntil) return true;
    const graceMs = this.#media?.supportsMarks ? LOST_MARK_MS : 0;
    return source.sentUntil <= this.#paced.at(this.#clock.now() - graceMs, this.#sent);
  }

  #settle(done: (waiter: Waiter) => boolean): void {
    const finished = this.#waiters.filter(done);
    if (finished.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => !finished.includes(waiter));
    for (const waiter of finished) waiter.resolve();
  }
}
