import type { Clock, Emitter, Logger, PhoneCall } from '@phone-agents/core';
import { PhoneAgentError } from '@phone-agents/core';
import type { Answerer, Question } from './answerer.ts';
import type { Conversation } from './conversation.ts';
import type { CollectDigitsOptions, CollectedDigits } from './digit-input.ts';
import { DigitInput } from './digit-input.ts';
import type { EchoDetector } from './listening/echo-detector.ts';
import { ECHO_PATTERN_MS } from './listening/echo-detector.ts';
import type { MediaTimeline } from './listening/media-timeline.ts';
import type { Transcript } from './listening/speech-to-text.ts';
import type { DetectedTurn } from './listening/turn-detector.ts';
import type { AgentSessionEvents, AgentState, CallerInput } from './session-events.ts';
import { SilenceWatch } from './silence-watch.ts';
import { DeadAirGuard } from './speaking/dead-air-guard.ts';
import { givenSentences } from './speaking/reply-sentences.ts';
import type { Speaker } from './speaking/speaker.ts';
import type { PreparedSentence, SpeechJob, Utterance } from './speaking/utterance.ts';
import { UnfinishedTurn } from './unfinished-turn.ts';
import type { VoiceAgentSettings } from './voice-agent-settings.ts';

/** After so many failures in a row the call is ended. */
const MAX_FAILURES = 3;
/** How often speech is compared with what the agent said. */
const ECHO_CHECK_MS = 100;

/** What hears the caller. */
export interface Hearing {
  recognise(): Promise<Transcript>;
  discard(): void;
}

export interface DialogueOptions {
  readonly settings: VoiceAgentSettings;
  readonly call: PhoneCall;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly timeline: MediaTimeline;
  readonly conversation: Conversation;
  readonly events: Emitter<AgentSessionEvents>;
  readonly speaker: Speaker;
  readonly answerer: Answerer;
  /** Absent where nobody listens: the agent then serves keys and texts. */
  readonly hearing: Hearing | undefined;
  readonly echo: EchoDetector;
  /** A sentence with its audio, rendered beforehand. */
  readonly fixedSentence: (text: string) => PreparedSentence;
}

/**
 * Whose turn it is: decides what of the caller's sounds is a turn, what interrupts the agent, and when
 * it answers. All decisions are made on media time.
 */
export class Dialogue {
  readonly #options: DialogueOptions;
  readonly #guard: DeadAirGuard;
  readonly #unfinished: UnfinishedTurn;
  readonly #silence: SilenceWatch;
  readonly #digits: DigitInput;
  #state: AgentState = 'listening';
  #isAttached = false;
  #isClosed = false;
  /** Media time since when the agent thinks or speaks. */
  #activeSinceMs = 0;
  /** Raised by every interruption: what was asked before it is not answered any more. */
  #epoch = 0;
  /** Turns of this epoch that are being recognised. */
  #recognising = 0;
  #failures = 0;
  /** The caller spoke against the agent, which is silent until it is known whether that was speech. */
  #pending: { readonly silencedAtMs: number } | undefined;
  /** Words of the caller's turn so far, where the recogniser tells. */
  #interim = '';
  /** Where the caller's present stretch of speech began. */
  #speechStartMs: number | undefined;
  /** Whether the caller's present turn was compared with the agent's voice, and with what result. */
  #echo: 'unknown' | 'echo' | 'voice' = 'unknown';
  #nextEchoCheckMs = 0;
  #fillersSaid = 0;
  #isHeld = false;
  /** What is heard is a machine, which nobody answers. */
  #isMachine = false;

  constructor(options: DialogueOptions) {
    this.#options = options;
    const { clock, timeline, settings } = options;
    this.#guard = new DeadAirGuard(clock, settings.fillers.afterMs, () => this.#deadAir());
    this.#unfinished = new UnfinishedTurn(clock, timeline, settings.incompleteTurnSilenceMs);
    this.#silence = new SilenceWatch({
      silence: settings.silence,
      clock,
      timeline,
      say: (text) => this.#sayFixed(text, 'prompt'),
      hangUp: () => void options.call.end('agent-hung-up'),
    });
    this.#digits = new DigitInput({
      clock,
      pauseMs: settings.digitPauseMs,
      onFirst: (isCollected) => this.#firstDigit(isCollected),
      onDigits: (digits) => this.receiveWritten('digit', digits),
      onChanged: () => this.update(),
    });
  }

  get state(): AgentState {
    return this.#state;
  }

  /** The phone is there: from now on things are heard and said. */
  attached(): void {
    this.#isAttached = true;
    this.update();
  }

  close(): void {
    this.#isClosed = true;
    this.#guard.isAgentsTurn = false;
    this.#unfinished.clear();
    this.#silence.close();
    this.#digits.close();
  }

  /** Sound of the agent is there up to `untilMs` of the clock. */
  audible(untilMs: number): void {
    this.#guard.heard(untilMs);
  }

  /** Says something after all that is being said. */
  speak(job: SpeechJob): Utterance {
    const utterance = this.#options.speaker.add(job);
    this.update();
    return utterance;
  }

  /** The caller is speaking, since `startMs`, and was heard up to `untilMs`. */
  speechContinued(startMs: number, untilMs: number): void {
    if (this.#speechStartMs !== startMs) {
      this.#speechStartMs = startMs;
      this.#options.answerer.dropDraft();
      this.#unfinished.callerWentOn();
      this.#silence.isQuiet = false;
    }
    const isEcho = this.#isEcho(startMs, untilMs);
    if (this.#pending || this.#state === 'listening' || this.#isProtected || isEcho) return;
    if (this.#isMachine) return;
    const { minInterruptionMs, minInterruptionWords } = this.#options.settings;
    // What was said before the agent began was not said against it.
    const againstAgentMs = untilMs - Math.max(startMs, this.#activeSinceMs);
    if (againstAgentMs < minInterruptionMs) return;
    if (minInterruptionWords > 0 && countWords(this.#interim) < minInterruptionWords) return;
    this.#accept(Math.max(startMs, this.#activeSinceMs), untilMs);
    if (minInterruptionWords > 0) this.#interrupt();
  }

  /** Words of the turn that goes on. */
  interim(text: string): void {
    this.#interim = text;
    const words = countWords(text);
    const { minInterruptionWords } = this.#options.settings;
    if (words === 0 || words < minInterruptionWords) return;
    // What noise makes of silence is silence: words prove that it was speech.
    if (this.#pending) this.#interrupt();
  }

  /** The caller has paused and may go on: the answer can be prepared. */
  paused(silentMs: number): void {
    const { earlyReplySilenceMs } = this.#options.settings;
    if (earlyReplySilenceMs === undefined || silentMs < earlyReplySilenceMs) return;
    this.turnEndLikely(this.#interim);
  }

  /** The turn seems to be over, with these words. */
  turnEndLikely(text: string): void {
    const { settings, answerer, speaker } = this.#options;
    if (settings.earlyReplySilenceMs === undefined || countWords(text) === 0) return;
    if (this.#pending || this.#state !== 'listening' || speaker.isBusy) return;
    answerer.draft(this.#unfinished.joined(text));
  }

  turnEnded(turn: DetectedTurn): void {
    this.#speechStartMs = undefined;
    const isEcho = this.#echo === 'echo';
    this.#echo = 'unknown';
    this.#nextEchoCheckMs = 0;
    this.#interim = '';
    if (!isEcho && !this.#isMachine && this.#isTurn(turn)) {
      void this.#answerSpeech(turn);
      return;
    }
    this.#options.hearing?.discard();
    this.#options.answerer.dropDraft();
    this.#unfinished.wait();
    this.update();
  }

  /** A key was pressed. */
  receiveDigit(digit: string): void {
    if (!this.#isClosed && !this.#isHeld) this.#digits.receive(digit);
  }

  /** Waits for keys; until then the agent listens. Time counts from when `heard` resolves. */
  collectDigits(options: CollectDigitsOptions, heard: Promise<void>): Promise<CollectedDigits> {
    return this.#digits.collect(options, heard);
  }

  /** A machine has taken the call: from now on it is neither answered nor lets itself interrupt. */
  machineAnswered(): void {
    this.#isMachine = true;
    this.#interrupt();
  }

  /** The caller is on hold: the agent is silent until they are back, and goes on where it stopped. */
  set isHeld(isHeld: boolean) {
    if (isHeld === this.#isHeld || this.#isClosed) return;
    this.#isHeld = isHeld;
    if (isHeld) this.#options.speaker.pause();
    else this.#options.speaker.resume();
    this.update();
  }

  /** A key, or a text that is taken as though it had been said. */
  receiveWritten(input: CallerInput, text: string): void {
    if (this.#isClosed) return;
    const { timeline, clock, conversation, answerer } = this.#options;
    const nowMs = timeline.now();
    answerer.dropDraft();
    this.#interruptByHand(input);
    this.#silence.callerWasHeard();
    const entry = conversation.addCaller(input, text, nowMs, nowMs);
    const now = clock.now();
    this.#guard.heard(now);
    const times = { speechEndedAt: now, turnEndedAt: now, recognisedAt: now };
    answerer.answer({ input, entries: [entry], times });
    this.update();
  }

  /** An utterance is over. */
  speechFinished(utterance: Utterance): void {
    const { conversation, timeline, settings } = this.#options;
    const { job, outcome } = utterance;
    conversation.addAgent(utterance, this.#pending?.silencedAtMs ?? timeline.now());
    if (this.#isClosed || !outcome || outcome.interrupted) return;
    if (outcome.error !== undefined) this.#failed(outcome.error, settings.apology.failed);
    else if (job.kind === 'reply') this.#failures = 0;
  }

  /** Silences the agent for good, as though the caller had interrupted. */
  interrupt(): void {
    this.#interrupt();
  }

  /** It can hear no more, or has failed too often. */
  giveUp(error: unknown): void {
    void this.#options.call.end('agent-failed', { error });
  }

  /** Finds out what the agent is doing now. */
  update(sinceMs?: number): void {
    // Until the phone is there nothing is heard and nothing is said.
    if (!this.#isAttached || this.#isClosed) return;
    const { speaker, timeline, events } = this.#options;
    let to: AgentState = 'listening';
    // While keys are waited for, or the caller is on hold, a tool works, but nobody waits for the agent.
    if (!this.#pending && !this.#isHeld && !this.#digits.isCollecting) {
      if (speaker.isSpeaking) to = 'speaking';
      else if (speaker.isBusy || this.#recognising > 0) to = 'thinking';
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

  #firstDigit(isCollected: boolean): void {
    if (isCollected) this.#options.speaker.skip();
    else this.#interruptByHand('digit');
    this.update();
  }

  /** By a key or a text: nobody presses one by mistake. */
  #interruptByHand(input: CallerInput): void {
    const nowMs = this.#options.timeline.now();
    if (this.#pending) this.#interrupt();
    else if (this.#state !== 'listening' && !this.#isProtected) {
      this.#accept(nowMs, nowMs, input);
      this.#interrupt();
    }
  }

  get #isProtected(): boolean {
    return this.#options.speaker.current?.job.isProtected ?? false;
  }

  #isEcho(startMs: number, untilMs: number): boolean {
    if (this.#echo === 'voice') return false;
    if (untilMs - startMs < ECHO_PATTERN_MS || untilMs < this.#nextEchoCheckMs) {
      return this.#echo === 'echo';
    }
    this.#nextEchoCheckMs = untilMs + ECHO_CHECK_MS;
    const { echo, clock } = this.#options;
    this.#echo = echo.isEcho(clock.now()) ? 'echo' : 'voice';
    return this.#echo === 'echo';
  }

  /** The caller's sound may be an interruption: the agent is silent, and can go on where it stopped. */
  #accept(startedAtMs: number, acceptedAtMs: number, input: CallerInput = 'speech'): void {
    const { speaker, echo, clock, events } = this.#options;
    const stopped = speaker.pause();
    echo.silenced(clock.now());
    this.#guard.silenced();
    this.#pending = { silencedAtMs: this.#options.timeline.now() };
    this.update();
    events.emit('interruption-accepted', { startedAtMs, acceptedAtMs, input, ...stopped });
  }

  /** What the agent was saying is over for good, and so is what it was asked before. */
  #interrupt(): void {
    this.#epoch++;
    this.#recognising = 0;
    this.#options.speaker.interrupt();
    this.#pending = undefined;
    this.#guard.silenced();
    this.update();
  }

  /** It was a noise: the agent goes on where it stopped. */
  #withdraw(): void {
    this.#pending = undefined;
    this.#options.speaker.resume();
    this.update();
    this.#options.events.emit('speech-resumed', { atMs: this.#options.timeline.now() });
  }

  /** Speech that was too short to interrupt the agent is taken for a noise. */
  #isTurn(turn: DetectedTurn): boolean {
    if (this.#state === 'listening' || turn.startMs < this.#activeSinceMs) return true;
    return this.#isProtected && turn.speechMs >= this.#options.settings.minInterruptionMs;
  }

  async #answerSpeech(turn: DetectedTurn): Promise<void> {
    const { clock, timeline, settings, hearing } = this.#options;
    const pending = this.#pending;
    const epoch = this.#epoch;
    const turnEndedAt = clock.now();
    this.#recognising++;
    const recognition = hearing!.recognise();
    this.#guard.heard(timeline.clockAt(turn.endMs));
    this.update(turn.decidedAtMs);
    let text = '';
    let fault: { readonly error: unknown } | undefined;
    try {
      text = (await recognition).text.trim();
    } catch (error) {
      fault = { error };
    }
    if (this.#isClosed) return;
    let isWanted = epoch === this.#epoch;
    if (isWanted) this.#recognising--;
    const isPending = pending !== undefined && pending === this.#pending;
    if (text === '' && !fault) {
      this.#options.answerer.dropDraft();
      if (isPending) this.#withdraw();
      else if (this.#unfinished.isWaiting) this.#unfinished.wait();
      else if (isWanted && turn.speechMs >= settings.minInterruptionMs) {
        this.#apologise(settings.apology.notUnderstood);
      }
      this.update();
      return;
    }
    if (isPending || this.#digits.isCollecting) {
      this.#digits.callerSpoke();
      this.#interrupt();
      isWanted = true;
    }
    if (fault) {
      this.#options.answerer.dropDraft();
      this.#failed(fault.error, isWanted ? settings.apology.notUnderstood : undefined);
    } else {
      const speechEndedAt = Math.min(turnEndedAt, timeline.clockAt(turn.endMs));
      await this.#understood(turn, text, { speechEndedAt, turnEndedAt }, isWanted);
    }
    this.update();
  }

  /** The words of a turn are known: it is answered, unless the caller seems not to have finished. */
  async #understood(
    turn: DetectedTurn,
    text: string,
    ended: Pick<Question['times'], 'speechEndedAt' | 'turnEndedAt'>,
    isWanted: boolean,
  ): Promise<void> {
    const { clock, conversation, settings, call, answerer } = this.#options;
    const recognisedAt = clock.now();
    this.#silence.callerWasHeard();
    const { isTurnComplete } = settings;
    const whole = this.#unfinished.add(turn, text);
    const answer = (wanted: boolean): void => {
      this.#unfinished.clear();
      const entry = conversation.addCaller('speech', whole.text, whole.startMs, turn.endMs);
      const question: Question = {
        input: 'speech',
        entries: [entry],
        times: { ...ended, recognisedAt },
      };
      if (wanted) answerer.answer(question);
      else answerer.dropDraft();
      this.update();
    };
    if (!isTurnComplete || !isWanted) {
      answer(isWanted);
      return;
    }
    const epoch = this.#epoch;
    let isComplete = true;
    try {
      isComplete = await isTurnComplete({ text: whole.text, call, history: conversation.history });
    } catch (error) {
      this.#options.logger.error(
        { callId: call.id, error },
        'The `isTurnComplete` function failed',
      );
    }
    if (this.#isClosed || epoch !== this.#epoch || !this.#unfinished.isLast(whole)) return;
    if (this.#speechStartMs !== undefined) this.#unfinished.hold(() => answer(true));
    else if (isComplete) answer(true);
    else {
      answerer.dropDraft();
      this.#unfinished.wait(() => answer(true));
    }
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

  #failed(error: unknown, apology: string | undefined): void {
    const { logger, call, events } = this.#options;
    const code = PhoneAgentError.isInstance(error) ? error.code : 'unknown';
    events.emit('turn-failed', { code, error });
    logger.error({ callId: call.id, error }, 'The agent failed in a turn');
    this.#failures++;
    if (this.#failures >= MAX_FAILURES) this.giveUp(error);
    else if (apology !== undefined) this.#apologise(apology);
  }

  #apologise(text: string): void {
    this.#sayFixed(text, 'apology');
  }

  #sayFixed(text: string, kind: SpeechJob['kind']): Utterance {
    const sentence = this.#options.fixedSentence(text);
    return this.speak({ kind, sentences: () => givenSentences([sentence]) });
  }
}

function countWords(text: string): number {
  return text.match(/[\p{L}\p{N}][\p{L}\p{N}\p{M}'’-]*/gu)?.length ?? 0;
}
