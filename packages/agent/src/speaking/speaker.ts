import type { Clock, ClockTimer, PhoneBridge, SampleRate } from '@phone-agents/core';
import { PhoneAgentError } from '@phone-agents/core';
import { iterateUntilAborted, untilAborted } from '../abortable.ts';
import type { AudioPublisher } from './audio-publisher.ts';
import { renderSpeech } from './speech-renderer.ts';
import type { TextToSpeech } from './text-to-speech.ts';
import type { PreparedSentence, SpeechJob } from './utterance.ts';
import { Utterance } from './utterance.ts';

/** Speech is made this far ahead of what is heard, and no further: an interruption wastes little. */
const MADE_AHEAD_MS = 5_000;

export interface SpeakerOptions {
  readonly publisher: AudioPublisher;
  readonly tts: TextToSpeech;
  /** Writes a sentence as the synthesiser should read it. */
  readonly speakable: (text: string) => string;
  readonly sampleRate: SampleRate;
  /** Id of the agent on the edge. */
  readonly userId: string;
  readonly clock: Clock;
  /** Media time now, in ms. */
  readonly mediaNow: () => number;
  /** It has begun to speak, or has come to rest. */
  readonly onChanged: () => void;
  /** An utterance is over; its outcome is set. */
  readonly onFinished: (utterance: Utterance) => void;
}

/** Speaks one utterance after the other, sentence by sentence, and stops at once when told to. */
export class Speaker {
  readonly #options: SpeakerOptions;
  #bridge: PhoneBridge | undefined;
  #queue: Utterance[] = [];
  #current: Utterance | undefined;
  #idleWaiters: (() => void)[] = [];
  #isClosed = false;

  constructor(options: SpeakerOptions) {
    this.#options = options;
  }

  /** What is being made or spoken. */
  get current(): Utterance | undefined {
    return this.#current;
  }

  /** Whether anything is being made or spoken, or waits for it. */
  get isBusy(): boolean {
    return this.#current !== undefined || this.#queue.length > 0;
  }

  /** Whether the caller hears something, or is about to. */
  get isSpeaking(): boolean {
    return this.#current?.startedAtMs !== undefined;
  }

  /** The phone is there: what waits is spoken from now on. */
  attach(bridge: PhoneBridge): void {
    this.#bridge = bridge;
    this.#next();
  }

  /** Speaks a job after all that is being spoken or waits already. */
  add(job: SpeechJob): Utterance {
    const utterance = new Utterance(job, (one) => this.#interruptOne(one));
    if (this.#isClosed) {
      utterance.settle({ text: '', heardText: '', interrupted: true });
      return utterance;
    }
    this.#queue.push(utterance);
    this.#next();
    return utterance;
  }

  /** Silences the agent now: what it says, what it is making, and all that waits. */
  interrupt(): Utterance | undefined {
    const dropped = this.#queue;
    this.#queue = [];
    const cut = this.#cutCurrent();
    for (const utterance of dropped) this.#finish(utterance, true);
    this.#rest();
    return cut;
  }

  /** Resolves when nothing is being spoken and nothing waits. */
  whenIdle(): Promise<void> {
    if (!this.isBusy) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  /** Stops without a sound. Repeatable. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.interrupt();
    this.#bridge = undefined;
  }

  #next(): void {
    if (this.#current || !this.#bridge) return;
    const utterance = this.#queue.shift();
    if (!utterance) return;
    this.#current = utterance;
    void this.#speak(utterance, this.#bridge);
  }

  async #speak(utterance: Utterance, bridge: PhoneBridge): Promise<void> {
    const { publisher, userId } = this.#options;
    const watchdog = this.#watch(utterance);
    let error: unknown;
    try {
      const { makingSignal } = utterance;
      const sentences = utterance.job.sentences(makingSignal);
      for await (const sentence of iterateUntilAborted(sentences, makingSignal)) {
        await untilAborted(publisher.whenQueuedAtMost(MADE_AHEAD_MS), makingSignal);
        await this.#speakSentence(utterance, sentence, watchdog);
      }
    } catch (cause) {
      error = cause;
    }
    watchdog?.stop();
    // Interrupted meanwhile; who did that has told everybody.
    if (utterance.outcome) return;
    try {
      publisher.finish();
      utterance.progress.extend(publisher.endMs);
      await untilAborted(publisher.whenPublished(), utterance.signal);
      await untilAborted(bridge.whenHeard(userId), utterance.signal);
    } catch {
      return;
    }
    // An interruption also ends the waiting for what was to be heard.
    if (utterance.outcome) return;
    this.#current = undefined;
    this.#finish(utterance, false, error, publisher.publishedMs);
    this.#rest();
  }

  async #speakSentence(
    utterance: Utterance,
    { text, samples }: PreparedSentence,
    watchdog: Watchdog | undefined,
  ): Promise<void> {
    const { publisher, tts, speakable, sampleRate } = this.#options;
    const { progress, makingSignal } = utterance;
    watchdog?.touch();
    progress.begin(text, publisher.endMs);
    if (samples) this.#push(utterance, samples);
    else {
      for await (const chunk of renderSpeech(tts, speakable(text), sampleRate, makingSignal)) {
        watchdog?.touch();
        this.#push(utterance, chunk);
      }
    }
    publisher.finish();
    progress.complete(publisher.endMs);
  }

  #push(utterance: Utterance, samples: Int16Array): void {
    const { publisher, mediaNow, onChanged } = this.#options;
    if (utterance.outcome || samples.length === 0) return;
    publisher.push(samples);
    utterance.progress.extend(publisher.endMs);
    if (utterance.startedAtMs !== undefined) return;
    utterance.startedAtMs = mediaNow();
    utterance.job.onFirstAudio?.();
    onChanged();
  }

  #interruptOne(utterance: Utterance): void {
    if (utterance === this.#current) this.#cutCurrent();
    else {
      this.#queue = this.#queue.filter((queued) => queued !== utterance);
      this.#finish(utterance, true);
    }
    this.#rest();
  }

  /** Stops the current utterance within this very call: queue, work under way, and the phone's buffer. */
  #cutCurrent(): Utterance | undefined {
    const utterance = this.#current;
    if (!utterance) return undefined;
    const { publisher, userId } = this.#options;
    this.#current = undefined;
    publisher.clear();
    let heardUntilMs = publisher.publishedMs;
    if (utterance.startedAtMs !== undefined && this.#bridge) {
      heardUntilMs -= this.#bridge.interrupt(userId).discardedMs;
    }
    this.#finish(utterance, true, undefined, heardUntilMs);
    return utterance;
  }

  #finish(utterance: Utterance, interrupted: boolean, error?: unknown, heardUntilMs = 0): void {
    const { text } = utterance.progress;
    const isWhole = !interrupted && error === undefined;
    const { progress } = utterance;
    utterance.heardSentences = isWhole ? progress.sentences : progress.heardSentences(heardUntilMs);
    const heardText = utterance.heardSentences.join(' ');
    utterance.settle({ text, heardText, interrupted, error });
    this.#options.onFinished(utterance);
  }

  #rest(): void {
    this.#next();
    this.#options.onChanged();
    if (this.isBusy) return;
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const resolve of waiters) resolve();
  }

  #watch(utterance: Utterance): Watchdog | undefined {
    const { timeoutMs } = utterance.job;
    if (timeoutMs === undefined) return undefined;
    const { clock, publisher } = this.#options;
    const watchdog = new Watchdog(clock, timeoutMs, utterance.signal, () => {
      // While something is being played there is time.
      if (publisher.queuedMs > 0) return false;
      utterance.stopMaking(
        new PhoneAgentError('reply_timeout', 'Nothing came of an answer for too long.'),
      );
      return true;
    });
    return watchdog;
  }
}

/** Calls `onSilent` when nothing has touched it for `timeoutMs`, again and again until that gives true. */
class Watchdog {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #onSilent: () => boolean;
  #touchedAtMs: number;
  #timer: ClockTimer | undefined;

  constructor(clock: Clock, timeoutMs: number, signal: AbortSignal, onSilent: () => boolean) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#onSilent = onSilent;
    this.#touchedAtMs = clock.now();
    signal.addEventListener('abort', () => this.stop(), { once: true });
    this.#set(timeoutMs);
  }

  touch(): void {
    this.#touchedAtMs = this.#clock.now();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #set(delayMs: number): void {
    this.#timer = this.#clock.setTimeout(() => {
      const leftMs = this.#touchedAtMs + this.#timeoutMs - this.#clock.now();
      if (leftMs > 0) this.#set(leftMs);
      else if (this.#onSilent()) this.stop();
      else {
        this.touch();
        this.#set(this.#timeoutMs);
      }
    }, delayMs);
  }
}
