import type { Clock, PhoneBridge } from '@phone-agents/core';
import { FRAME_DURATION_MS, PhoneAgentError } from '@phone-agents/core';
import { iterateUntilAborted, untilAborted } from '../abortable.ts';
import { Waiters } from '../waiters.ts';
import type { AudioPublisher } from './audio-publisher.ts';
import { HeardWatch } from './heard-watch.ts';
import type { PreparedSentence, SpeechJob, SpokenSentence } from './utterance.ts';
import { Utterance } from './utterance.ts';
import type { Voice } from './voice.ts';
import { Watchdog } from './watchdog.ts';

/** Speech is made this far ahead of what is heard, and no further: an interruption wastes little. */
const MADE_AHEAD_MS = 5_000;

export interface SpeakerOptions {
  readonly publisher: AudioPublisher;
  /** Speaks sentences; absent where all audio comes ready. */
  readonly voice: Voice | undefined;
  /** Rate of all audio, in Hz. */
  readonly sampleRate: number;
  /** Id of the agent on the edge. */
  readonly userId: string;
  readonly clock: Clock;
  /** Media time now, in ms. */
  readonly mediaNow: () => number;
  /** It has begun to speak, or has come to rest. */
  readonly onChanged: () => void;
  /** Sound of the agent is there up to `untilMs` of the clock, as far as is known now. */
  readonly onAudible: (untilMs: number) => void;
  /** An utterance is over; its outcome is set. */
  readonly onFinished: (utterance: Utterance) => void;
}

/** What the caller has heard of what was stopped. */
export interface StoppedSpeech {
  /** All that was given to be spoken. */
  readonly text: string;
  readonly heardText: string;
}

/**
 * Speaks one utterance after the other, sentence by sentence. It can be silenced at once, for good or
 * until it is told to go on where it stopped.
 */
export class Speaker {
  readonly #options: SpeakerOptions;
  readonly #watch: HeardWatch;
  #bridge: PhoneBridge | undefined;
  #queue: Utterance[] = [];
  #current: Utterance | undefined;
  /** Short sentences that were put before what is being made. */
  #fillers: Utterance[] = [];
  #isPaused = false;
  /** Told when a draft was released, speech goes on, or is cut. */
  readonly #gate = new Waiters();
  readonly #idle = new Waiters();
  #isClosed = false;

  constructor(options: SpeakerOptions) {
    this.#options = options;
    this.#watch = new HeardWatch(options.clock, () => this.#heardMs());
  }

  /** What is being made or spoken. */
  get current(): Utterance | undefined {
    return this.#current;
  }

  /** Whether anything is being made or spoken, or waits for it; a draft does not count. */
  get isBusy(): boolean {
    if (this.#fillers.length > 0 || this.#queue.length > 0) return true;
    return this.#current !== undefined && !this.#current.isDraft;
  }

  /** Whether the caller hears something, or is about to. */
  get isSpeaking(): boolean {
    if (this.#isPaused) return false;
    return this.#fillers.length > 0 || this.#current?.startedAtMs !== undefined;
  }

  /** Whether sound that is there already is still to be heard, or may not be heard now. */
  get hasSound(): boolean {
    return this.#isPaused || this.#options.publisher.queuedMs > 0 || this.#pendingMs() > 0;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** The phone is there: what waits is spoken from now on. */
  attach(bridge: PhoneBridge): void {
    this.#bridge = bridge;
    this.#next();
  }

  /** Speaks a job after all that is being spoken or waits already. */
  add(job: SpeechJob): Utterance {
    const utterance = new Utterance(job, this.#options.sampleRate, {
      interruptOne: (one) => this.#interruptOne(one),
      released: (one) => this.#released(one),
    });
    if (this.#isClosed) {
      utterance.settle({ text: '', heardText: '', interrupted: true });
      return utterance;
    }
    this.#queue.push(utterance);
    this.#next();
    return utterance;
  }

  /** Says a sentence that is rendered already, before what is being made and has no sound yet. */
  interject(text: string, samples: Int16Array): void {
    const bridge = this.#bridge;
    if (this.#isClosed || this.#isPaused || !bridge) return;
    const utterance = new Utterance(
      { kind: 'filler', sentences: nothing },
      this.#options.sampleRate,
      { interruptOne: () => this.interrupt(), released: () => {} },
    );
    utterance.progress.begin(text, 0);
    utterance.audio.append(samples);
    utterance.audio.pad();
    utterance.progress.complete(utterance.audio.madeMs);
    this.#fillers.push(utterance);
    this.#give(utterance);
    this.#watch.when(utterance.audio.publishedUntilMs, () => {
      this.#fillers = this.#fillers.filter((one) => one !== utterance);
      this.#finish(utterance, false, undefined, utterance.audio.madeMs);
      this.#rest();
    });
  }

  /** Silences the agent within this very call; what it was saying can go on where it stopped. */
  pause(): StoppedSpeech {
    const stopped = this.#silence();
    this.#isPaused = true;
    return stopped;
  }

  /** Goes on where it was paused. */
  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#gate.wake();
    if (this.#current && !this.#current.isDraft) this.#give(this.#current);
    this.#next();
  }

  /** Silences the agent now: what it says, what it is making, and all that waits. */
  interrupt(): StoppedSpeech {
    const stopped = this.#silence();
    this.#isPaused = false;
    const dropped = this.#queue;
    this.#queue = [];
    this.#dropCurrent();
    for (const utterance of dropped) this.#finish(utterance, true);
    this.#rest();
    return stopped;
  }

  /** Leaves out the rest of what is being said so far; what is still being made is said. */
  skip(): void {
    const current = this.#current;
    if (this.#isPaused || current?.startedAtMs === undefined) return;
    this.#silence();
    current.audio.skip(current.audio.madeMs);
  }

  /** Resolves when the caller has heard all that was made so far, whatever is still being made. */
  async whenHeard(): Promise<void> {
    const { publisher, userId } = this.#options;
    await publisher.whenPublished();
    await this.#bridge?.whenHeard(userId);
  }

  /** Resolves when nothing is being spoken and nothing waits. */
  whenIdle(): Promise<void> {
    if (!this.isBusy) return Promise.resolve();
    return this.#idle.wait();
  }

  /** Stops without a sound. Repeatable. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.interrupt();
    this.#watch.drop();
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
    const watchdog = this.#guard(utterance);
    let error: unknown;
    try {
      const { makingSignal } = utterance;
      const sentences = utterance.job.sentences(makingSignal);
      for await (const sentence of iterateUntilAborted(sentences, makingSignal)) {
        await untilAborted(this.#whenRoom(utterance), makingSignal);
        await this.#speakSentence(utterance, sentence, watchdog);
      }
    } catch (cause) {
      error = cause;
    }
    watchdog?.stop();
    // Interrupted meanwhile; who did that has told everybody.
    if (utterance.outcome) return;
    utterance.audio.pad();
    this.#give(utterance);
    try {
      await untilAborted(this.#whenHeard(utterance, bridge), utterance.signal);
    } catch {
      return;
    }
    this.#current = undefined;
    this.#finish(utterance, false, error, utterance.audio.madeMs);
    this.#rest();
  }

  /** Waits for the ear, however often speech is paused and goes on. */
  async #whenHeard(utterance: Utterance, bridge: PhoneBridge): Promise<void> {
    const { publisher, userId } = this.#options;
    while (!utterance.outcome) {
      if (this.#isShut(utterance)) {
        await this.#gate.wait();
        continue;
      }
      await publisher.whenPublished();
      await bridge.whenHeard(userId);
      // A pause ends these waits as well.
      if (!this.#isShut(utterance) && utterance.audio.waitingMs === 0) return;
    }
  }

  async #whenRoom(utterance: Utterance): Promise<void> {
    const { publisher } = this.#options;
    while (!utterance.outcome && this.#isShut(utterance)) {
      if (utterance.audio.waitingMs <= MADE_AHEAD_MS) return;
      await this.#gate.wait();
    }
    await publisher.whenQueuedAtMost(MADE_AHEAD_MS);
  }

  async #speakSentence(
    utterance: Utterance,
    sentence: PreparedSentence | SpokenSentence,
    watchdog: Watchdog | undefined,
  ): Promise<void> {
    const { progress, audio, makingSignal } = utterance;
    watchdog?.touch();
    progress.begin(sentence.text, audio.madeMs);
    for await (const samples of this.#chunks(sentence, makingSignal)) {
      watchdog?.touch();
      if (utterance.outcome) return;
      if (audio.madeMs === 0 && samples.length > 0) utterance.job.onFirstSamples?.();
      audio.append(samples);
      progress.extend(audio.madeMs);
      this.#give(utterance);
    }
    audio.pad();
    progress.complete(audio.madeMs);
    this.#give(utterance);
  }

  async *#chunks(
    sentence: PreparedSentence | SpokenSentence,
    signal: AbortSignal,
  ): AsyncGenerator<Int16Array, void, undefined> {
    if ('chunks' in sentence) yield* iterateUntilAborted(sentence.chunks, signal);
    else if (sentence.samples) yield sentence.samples;
    else if (this.#options.voice) yield* this.#options.voice.speak(sentence.text, signal);
    else throw new PhoneAgentError('tts_missing', 'The agent has no `tts` to say that with.');
  }

  /** Nothing of it may be published now. */
  #isShut(utterance: Utterance): boolean {
    return this.#isPaused || utterance.isDraft;
  }

  /** Publishes what of an utterance waits, unless that is not allowed now. */
  #give(utterance: Utterance): void {
    const { publisher, clock, mediaNow, onAudible, onChanged } = this.#options;
    if (utterance.outcome || this.#isShut(utterance) || !this.#bridge) return;
    const { audio } = utterance;
    const positionMs = publisher.endMs;
    const chunks = audio.take(positionMs);
    if (chunks.length === 0) return;
    for (const chunk of chunks) publisher.push(chunk);
    audio.forget(audio.heardMs(this.#heardMs()));
    onAudible(clock.now() + publisher.queuedMs + this.#pendingMs());
    if (utterance.startedAtMs !== undefined) return;
    utterance.startedAtMs = mediaNow();
    utterance.job.onFirstAudio?.();
    if (utterance.job.onFirstHeard) {
      this.#watch.when(positionMs + FRAME_DURATION_MS, utterance.job.onFirstHeard);
    }
    onChanged();
  }

  #pendingMs(): number {
    return this.#bridge?.pendingMs(this.#options.userId) ?? 0;
  }

  /** How much of all that was published was heard. */
  #heardMs(): number {
    return this.#options.publisher.publishedMs - this.#pendingMs();
  }

  #released(utterance: Utterance): void {
    this.#gate.wake();
    if (utterance === this.#current) this.#give(utterance);
    this.#options.onChanged();
  }

  #interruptOne(utterance: Utterance): void {
    if (utterance === this.#current) {
      // Before its first sound only fillers are heard, which are nobody's.
      if (utterance.startedAtMs !== undefined) this.#silence();
      this.#dropCurrent();
    } else {
      this.#queue = this.#queue.filter((queued) => queued !== utterance);
      this.#finish(utterance, true);
    }
    this.#rest();
  }

  /** Stops all sound within this very call: what is queued here, and what the phone company holds. */
  #silence(): StoppedSpeech {
    const { publisher, userId } = this.#options;
    const current = this.#current;
    const isAudible = this.#fillers.length > 0 || current?.startedAtMs !== undefined;
    if (!this.#isPaused && isAudible) {
      publisher.clear();
      const discardedMs = this.#bridge?.interrupt(userId).discardedMs ?? 0;
      const heardMs = publisher.publishedMs - discardedMs;
      this.#watch.drop();
      current?.audio.rewind(current.audio.heardMs(heardMs));
      const fillers = this.#fillers;
      this.#fillers = [];
      for (const filler of fillers) {
        this.#finish(filler, true, undefined, filler.audio.heardMs(heardMs));
      }
    }
    if (!current) return { text: '', heardText: '' };
    const { progress, audio } = current;
    return {
      text: progress.text,
      heardText: progress.heardText(audio.madeMs - audio.waitingMs),
    };
  }

  /** The current utterance, silent already, is over for good. */
  #dropCurrent(): void {
    const current = this.#current;
    if (!current) return;
    this.#current = undefined;
    this.#finish(current, true, undefined, current.audio.madeMs - current.audio.waitingMs);
    this.#gate.wake();
  }

  #finish(utterance: Utterance, interrupted: boolean, error?: unknown, heardMs = 0): void {
    const { progress } = utterance;
    const { text } = progress;
    const isWhole = !interrupted && error === undefined;
    utterance.heardSentences = isWhole ? progress.sentences : progress.heardSentences(heardMs);
    const heardText = utterance.heardSentences.join(' ');
    utterance.settle({ text, heardText, heardMs, interrupted, error });
    this.#options.onFinished(utterance);
  }

  #rest(): void {
    this.#next();
    this.#options.onChanged();
    if (!this.isBusy) this.#idle.wake();
  }

  #guard(utterance: Utterance): Watchdog | undefined {
    const { timeoutMs } = utterance.job;
    if (timeoutMs === undefined) return undefined;
    const { clock, publisher } = this.#options;
    return new Watchdog(clock, timeoutMs, utterance.signal, () => {
      // While something is being played, or may not be, there is time.
      if (publisher.queuedMs > 0 || utterance.audio.waitingMs > 0) return false;
      utterance.stopMaking(
        new PhoneAgentError('reply_timeout', 'Nothing came of an answer for too long.'),
      );
      return true;
    });
  }
}

async function* nothing(): AsyncGenerator<PreparedSentence, void, undefined> {}
