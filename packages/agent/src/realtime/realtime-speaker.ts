import type { Clock, PhoneBridge, SampleRate } from '@phone-agents/core';
import { FRAME_DURATION_MS } from '@phone-agents/core';
import type { AudioPublisher } from '../speaking/audio-publisher.ts';
import { HeardWatch } from '../speaking/heard-watch.ts';
import { RealtimeSpeech } from './realtime-speech.ts';
import { StreamResampler } from './stream-resampler.ts';

export interface RealtimeSpeakerOptions {
  readonly publisher: AudioPublisher;
  /** Rate of what the model gives, in Hz. */
  readonly modelRate: SampleRate;
  /** Rate of what is published, in Hz. */
  readonly sampleRate: SampleRate;
  /** Id of the agent on the edge. */
  readonly userId: string;
  readonly clock: Clock;
  /** Media time now, in ms. */
  readonly mediaNow: () => number;
  /** The first sound of a speech goes out, or is next to go out. */
  readonly onStarted: (speech: RealtimeSpeech) => void;
  /** The caller has heard the first sound of a speech. */
  readonly onHeard: (speech: RealtimeSpeech) => void;
  /** A speech is over; its outcome is set. */
  readonly onFinished: (speech: RealtimeSpeech) => void;
}

/** How much was heard of an item that was cut. */
export interface CutItem {
  readonly itemId: string;
  readonly heardMs: number;
}

/** What waits for the phone to be there. */
type Held = () => void;

/** Plays what the model says, in the order in which it comes, and tells what of it was heard. */
export class RealtimeSpeaker {
  readonly #options: RealtimeSpeakerOptions;
  readonly #resampler: StreamResampler;
  readonly #watch: HeardWatch;
  /** Speeches of which something is to be heard yet, in their order. */
  #speeches: RealtimeSpeech[] = [];
  #held: Held[] = [];
  #bridge: PhoneBridge | undefined;
  #idleWaiters: (() => void)[] = [];
  #isClosed = false;

  constructor(options: RealtimeSpeakerOptions) {
    this.#options = options;
    this.#resampler = new StreamResampler(options.modelRate, options.sampleRate);
    this.#watch = new HeardWatch(options.clock, () => this.#heardMs);
  }

  /** What the caller hears now, or is about to hear. */
  get current(): RealtimeSpeech | undefined {
    return this.#speeches[0];
  }

  /** The phone is there: what waits goes out. */
  attach(bridge: PhoneBridge): void {
    this.#bridge = bridge;
    const held = this.#held;
    this.#held = [];
    for (const release of held) release();
  }

  /** The next samples of a speech, at the model's rate; kept. */
  push(speech: RealtimeSpeech, itemId: string, samples: Int16Array): void {
    this.#whenAttached(() => this.#play(speech, itemId, this.#resampler.push(samples)));
  }

  /** The words of an item, about as far as its audio has come. */
  addText(speech: RealtimeSpeech, itemId: string, text: string): void {
    this.#whenAttached(() => {
      this.#itemOf(speech, itemId).text += text;
    });
  }

  /** An answer is made; `isLast` where nothing more belongs to its speech. */
  endResponse(speech: RealtimeSpeech, isLast: boolean): void {
    this.#whenAttached(() => {
      const item = speech.items.at(-1);
      if (item) this.#play(speech, item.itemId, this.#resampler.finish());
      this.#options.publisher.finish();
      if (item) item.endMs = this.#options.publisher.endMs;
      if (!isLast || speech.outcome) return;
      speech.isMade = true;
      if (this.#speeches.includes(speech)) this.#finishWhenHeard(speech);
      else this.#finish(speech, false);
    });
  }

  /** Plays a sentence, rendered at the published rate, that the model knows nothing of. */
  playRendered(text: string, samples: Int16Array): RealtimeSpeech {
    const speech = new RealtimeSpeech({
      kind: 'apology',
      isProtected: true,
      interrupt: () => this.interrupt(),
    });
    if (this.#isClosed) speech.drop();
    this.#whenAttached(() => {
      this.#itemOf(speech, '').text = text;
      this.#play(speech, '', samples);
      this.#options.publisher.finish();
      speech.isMade = true;
      this.#finishWhenHeard(speech);
    });
    return speech;
  }

  /** Silences the agent now; gives what was cut, and how much of it was heard. */
  interrupt(): CutItem[] {
    const { publisher, userId } = this.#options;
    this.#held = [];
    this.#watch.drop();
    publisher.clear();
    this.#resampler.reset();
    const speeches = this.#speeches;
    this.#speeches = [];
    if (speeches.length === 0) return [];
    const discardedMs = this.#bridge?.interrupt(userId).discardedMs ?? 0;
    const heardMs = publisher.publishedMs - discardedMs;
    const cut: CutItem[] = [];
    for (const speech of speeches) {
      for (const { itemId, startMs, endMs } of speech.items) {
        const isWhole = speech.isMade && endMs <= heardMs;
        if (itemId === '' || isWhole) continue;
        cut.push({ itemId, heardMs: Math.max(0, Math.min(endMs, heardMs) - startMs) });
      }
      this.#finish(speech, true, heardMs);
    }
    this.#rest();
    return cut;
  }

  /** Resolves when all that came so far has been heard, though more may be under way. */
  async whenHeard(): Promise<void> {
    const { publisher, userId } = this.#options;
    await publisher.whenPublished();
    await this.#bridge?.whenHeard(userId);
  }

  /** Resolves when all that came has been heard, or was dropped. */
  whenIdle(): Promise<void> {
    if (this.#speeches.length === 0 && this.#held.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  /** Stops without a sound. Repeatable. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.interrupt();
    this.#rest();
  }

  #whenAttached(run: Held): void {
    if (this.#isClosed) return;
    if (this.#bridge) run();
    else this.#held.push(run);
  }

  #itemOf(speech: RealtimeSpeech, itemId: string) {
    const known = speech.items.find((item) => item.itemId === itemId);
    if (known) return known;
    const startMs = this.#options.publisher.endMs;
    const item = { itemId, startMs, endMs: startMs, text: '' };
    speech.items.push(item);
    return item;
  }

  #play(speech: RealtimeSpeech, itemId: string, samples: Int16Array): void {
    const { publisher, mediaNow, onStarted, onHeard } = this.#options;
    if (speech.outcome) return;
    const item = this.#itemOf(speech, itemId);
    if (samples.length === 0) return;
    const isFirst = speech.startedAtMs === undefined;
    if (isFirst) {
      speech.startedAtMs = mediaNow() + publisher.queuedMs;
      this.#speeches.push(speech);
    }
    publisher.push(samples);
    item.endMs = publisher.endMs;
    if (!isFirst) return;
    onStarted(speech);
    this.#watch.when(item.startMs + FRAME_DURATION_MS, () => onHeard(speech));
  }

  /** How much of all that the agent publishes was heard, in ms. */
  get #heardMs(): number {
    const { publisher, userId } = this.#options;
    return publisher.publishedMs - (this.#bridge?.pendingMs(userId) ?? 0);
  }

  #finishWhenHeard(speech: RealtimeSpeech): void {
    this.#watch.when(speech.endMs, () => {
      this.#speeches = this.#speeches.filter((one) => one !== speech);
      this.#finish(speech, false);
      this.#rest();
    });
  }

  #finish(speech: RealtimeSpeech, interrupted: boolean, heardMs = Infinity): void {
    const { text } = speech;
    const heardText = interrupted ? speech.heardText(heardMs) : text;
    speech.settle({ text, heardText, interrupted });
    this.#options.onFinished(speech);
  }

  #rest(): void {
    if (this.#speeches.length > 0) return;
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const resolve of waiters) resolve();
  }
}
