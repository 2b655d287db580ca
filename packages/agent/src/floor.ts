import type { Clock, Emitter, PhoneCall } from '@phone-agents/core';
import type { CollectDigitsOptions, CollectedDigits } from './digit-input.ts';
import { DigitInput } from './digit-input.ts';
import { EchoJudge } from './listening/echo-judge.ts';
import type { EchoDetector } from './listening/echo-detector.ts';
import type { MediaTimeline } from './listening/media-timeline.ts';
import type { AgentSessionEvents, AgentState, CallerInput } from './session-events.ts';
import { SilenceWatch } from './silence-watch.ts';
import { DeadAirGuard } from './speaking/dead-air-guard.ts';
import type { Speaker } from './speaking/speaker.ts';
import type { AgentSpeech, PreparedSentence } from './speaking/utterance.ts';
import type { VoiceAgentSettings } from './voice-agent-settings.ts';

/** The settings that say how the floor changes hands. */
export type FloorSettings = Pick<
  VoiceAgentSettings,
  'minInterruptionMs' | 'minInterruptionWords' | 'digitPauseMs' | 'fillers' | 'silence'
>;

export interface FloorOptions {
  readonly settings: FloorSettings;
  readonly call: PhoneCall;
  readonly clock: Clock;
  readonly timeline: MediaTimeline;
  readonly events: Emitter<AgentSessionEvents>;
  readonly speaker: Speaker;
  readonly echo: EchoDetector;
  /** A sentence with its audio, where that was rendered beforehand. */
  readonly fixedSentence: (text: string) => PreparedSentence;
  /** Asks a silent caller something. */
  readonly prompt: (text: string) => AgentSpeech;
  /** Whether something is being worked at that is not with the speaker yet. */
  readonly isThinking: () => boolean;
  /** What the agent was saying is about to be over for good, and so is what it was asked before. */
  readonly onInterrupting: () => void;
  /** All of that is over. */
  readonly onInterrupted: () => void;
  /** The caller pressed keys that nobody asked for. */
  readonly onDigits: (digits: string) => void;
}

/** A caller's turn, as far as it matters to who may speak. Times are media time in ms. */
export interface JudgedTurn {
  readonly startMs: number;
  /** How much speech it held. */
  readonly speechMs: number;
}

/** The caller spoke against the agent, which is silent until it is known whether that was speech. */
export interface PendingInterruption {
  /** Where the caller began to speak. */
  readonly startedAtMs: number;
  readonly silencedAtMs: number;
}

/**
 * Who has the floor: what the agent is doing, what of the caller's interrupts it, and what it says into
 * silence. All decisions are made on media time.
 */
export class Floor {
  readonly #options: FloorOptions;
  readonly #guard: DeadAirGuard;
  readonly #silence: SilenceWatch;
  readonly #digits: DigitInput;
  readonly #echo: EchoJudge;
  #state: AgentState = 'listening';
  #isAttached = false;
  #isClosed = false;
  /** Media time since when the agent thinks or speaks. */
  #activeSinceMs = 0;
  #pending: PendingInterruption | undefined;
  /** Words of the caller's turn so far, where the recogniser tells. */
  #interim = '';
  /** Where the caller's present stretch of speech began. */
  #speechStartMs: number | undefined;
  #fillersSaid = 0;
  #isHeld = false;
  #isDeaf = false;

  constructor(options: FloorOptions) {
    this.#options = options;
    const { clock, timeline, settings, call } = options;
    this.#guard = new DeadAirGuard(clock, settings.fillers.afterMs, () => this.#deadAir());
    this.#silence = new SilenceWatch({
      silence: settings.silence,
      clock,
      timeline,
      say: (text) => options.prompt(text),
      hangUp: () => void call.end('agent-hung-up'),
    });
    this.#digits = new DigitInput({
      clock,
      pauseMs: settings.digitPauseMs,
      onFirst: (isCollected) => this.#firstDigit(isCollected),
      onDigits: (digits) => options.onDigits(digits),
      onChanged: () => this.update(),
    });
    this.#echo = new EchoJudge(options.echo, clock);
  }

  get state(): AgentState {
    return this.#state;
  }

  /** Words of the caller's turn so far, where the recogniser tells. */
  get interim(): string {
    return this.#interim;
  }

  get pending(): PendingInterruption | undefined {
    return this.#pending;
  }

  get isCallerSpeaking(): boolean {
    return this.#speechStartMs !== undefined;
  }

  /** Whether what is being said may not be interrupted. */
  get isProtected(): boolean {
    return this.#options.speaker.current?.job.isProtected ?? false;
  }

  /** What is heard is not answered: it is a machine. */
  get isDeaf(): boolean {
    return this.#isDeaf;
  }

  get isCollectingDigits(): boolean {
    return this.#digits.isCollecting;
  }

  /** The phone is there: from now on things are heard and said. */
  attached(): void {
    this.#isAttached = true;
    this.update();
  }

  close(): void {
    this.#isClosed = true;
    this.#guard.isAgentsTurn = false;
    this.#silence.close();
    this.#digits.close();
  }

  /** Somebody is, or was, heard up to `untilMs` of the clock. */
  audible(untilMs: number): void {
    this.#guard.heard(untilMs);
  }

  /** The caller has begun to speak at `startMs`; false where they had begun before. */
  speechBegan(startMs: number): boolean {
    if (this.#speechStartMs === startMs) return false;
    this.#speechStartMs = startMs;
    this.#silence.isQuiet = false;
    return true;
  }

  /** The caller does not speak any more, whether or not their turn is over. */
  speechEnded(): void {
    this.#speechStartMs = undefined;
  }

  /** The caller speaks since `startMs`, and was heard up to `untilMs`: does that interrupt the agent? */
  judgeSpeech(startMs: number, untilMs: number): void {
    const isEcho = this.#echo.hears(startMs, untilMs);
    if (isEcho || !this.#canBeInterrupted) return;
    const { minInterruptionMs, minInterruptionWords } = this.#options.settings;
    // What was said before the agent began was not said against it.
    const sinceMs = Math.max(startMs, this.#activeSinceMs);
    if (untilMs - sinceMs < minInterruptionMs) return;
    if (minInterruptionWords > 0 && countWords(this.#interim) < minInterruptionWords) return;
    this.#accept(sinceMs, untilMs, 'speech');
    if (minInterruptionWords > 0) this.interrupt();
  }

  /** Somebody who knows says that the caller interrupts the agent, speaking since `startMs`. */
  believeSpeech(startMs: number): void {
    if (!this.#canBeInterrupted) return;
    const nowMs = this.#options.timeline.now();
    this.#accept(Math.min(nowMs, Math.max(startMs, this.#activeSinceMs)), nowMs, 'speech');
    this.interrupt();
  }

  /** Words of the turn that goes on. */
  wordsCame(text: string): void {
    this.#interim = text;
    const words = countWords(text);
    const { minInterruptionWords } = this.#options.settings;
    if (words === 0 || words < minInterruptionWords) return;
    // What noise makes of silence is silence: words prove that it was speech.
    if (this.#pending) this.interrupt();
  }

  /**
   * A turn of the caller's is over: is it one that is answered? The agent's own echo is none, nor is
   * speech that was too short to interrupt it.
   */
  judgeTurn(turn: JudgedTurn): boolean {
    this.#speechStartMs = undefined;
    const isEcho = this.#echo.turnEnded();
    this.#interim = '';
    if (isEcho || this.#isDeaf) return false;
    if (this.#state === 'listening' || turn.startMs < this.#activeSinceMs) return true;
    return this.isProtected && turn.speechMs >= this.#options.settings.minInterruptionMs;
  }

  /** The caller has said something that is answered: questions into silence begin anew. */
  callerWasHeard(): void {
    this.#silence.callerWasHeard();
  }

  /** The caller speaks instead of pressing the keys that were asked for. */
  callerSpoke(): void {
    this.#digits.callerSpoke();
  }

  receiveDigit(digit: string): void {
    if (!this.#isClosed) this.#digits.receive(digit);
  }

  /** Waits for keys; until then the agent listens. Time counts from when `heard` resolves. */
  collectDigits(options: CollectDigitsOptions, heard: Promise<void>): Promise<CollectedDigits> {
    return this.#digits.collect(options, heard);
  }

  /** A machine has taken the call: from now on it is neither answered nor lets itself interrupt. */
  machineAnswered(): void {
    this.#isDeaf = true;
    this.interrupt();
  }

  /** The caller is on hold: the agent is silent until they are back, and goes on where it stopped. */
  set isHeld(isHeld: boolean) {
    if (isHeld === this.#isHeld || this.#isClosed) return;
    this.#isHeld = isHeld;
    if (isHeld) this.#options.speaker.pause();
    else this.#options.speaker.resume();
    this.update();
  }

  /** By a key or a text: nobody presses one by mistake. */
  interruptByHand(input: CallerInput): void {
    const nowMs = this.#options.timeline.now();
    if (this.#pending) this.interrupt();
    else if (this.#state !== 'listening' && !this.isProtected) {
      this.#accept(nowMs, nowMs, input);
      this.interrupt();
    }
  }

  /** What the agent was saying is over for good, and so is what it was asked before. */
  interrupt(): void {
    this.#options.onInterrupting();
    this.#options.speaker.interrupt();
    this.#pending = undefined;
    this.#guard.silenced();
    this.#options.onInterrupted();
    this.update();
  }

  /** It was a noise: the agent goes on where it stopped. */
  withdraw(): void {
    this.#pending = undefined;
    this.#options.speaker.resume();
    this.update();
    this.#options.events.emit('speech-resumed', { atMs: this.#options.timeline.now() });
  }

  /** Finds out what the agent is doing now; `sinceMs` is when it began to, where that is not now. */
  update(sinceMs?: number): void {
    // Until the phone is there nothing is heard and nothing is said.
    if (!this.#isAttached || this.#isClosed) return;
    const { speaker, timeline, events, isThinking } = this.#options;
    let to: AgentState = 'listening';
    // While keys are waited for, or the caller is on hold, a tool works, but nobody waits for the agent.
    if (!this.#pending && !this.#isHeld && !this.#digits.isCollecting) {
      if (speaker.isSpeaking) to = 'speaking';
      else if (speaker.isBusy || isThinking()) to = 'thinking';
    }
    this.#guard.isAgentsTurn = to !== 'listening';
    if (to === 'listening') this.#fillersSaid = 0;
    const from = this.#state;
    if (from !== to) {
      if (from === 'listening') this.#activeSinceMs = sinceMs ?? timeline.now();
      this.#state = to;
      events.emit('state-changed', { from, to });
    }
    this.#silence.isQuiet =
      to === 'listening' &&
      this.#speechStartMs === undefined &&
      !this.#pending &&
      !this.#isHeld &&
      !this.#digits.isCollecting;
  }

  get #canBeInterrupted(): boolean {
    if (this.#pending || this.#state === 'listening') return false;
    return !this.isProtected && !this.#isDeaf;
  }

  #firstDigit(isCollected: boolean): void {
    if (isCollected) this.#options.speaker.skip();
    else this.interruptByHand('digit');
    this.update();
  }

  /** What came from the caller may be an interruption: the agent is silent, and can go on where it stopped. */
  #accept(startedAtMs: number, acceptedAtMs: number, input: CallerInput): void {
    const { speaker, events, timeline } = this.#options;
    const stopped = speaker.pause();
    this.#echo.silenced();
    this.#guard.silenced();
    this.#pending = { startedAtMs, silencedAtMs: timeline.now() };
    this.update();
    events.emit('interruption-accepted', { startedAtMs, acceptedAtMs, input, ...stopped });
  }

  #deadAir(): void {
    const { fillers } = this.#options.settings;
    const text = fillers.sentences[Math.min(this.#fillersSaid, fillers.sentences.length - 1)];
    if (text === undefined || this.#state === 'listening') return;
    const { samples } = this.#options.fixedSentence(text);
    if (!samples) return;
    this.#fillersSaid++;
    this.#options.speaker.interject(text, samples);
    this.update();
  }
}

export function countWords(text: string): number {
  return text.match(/[\p{L}\p{N}][\p{L}\p{N}\p{M}'’-]*/gu)?.length ?? 0;
}
