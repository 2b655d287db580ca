import type { Clock, Emitter, Logger, PhoneCall } from '@phone-agents/core';
import type { Answerer, Question } from './answerer.ts';
import type { Conversation } from '../conversation.ts';
import type { EchoDetector } from '../listening/echo-detector.ts';
import { Floor, countWords } from '../floor.ts';
import type { MediaTimeline } from '../listening/media-timeline.ts';
import type { Transcript } from '../listening/speech-to-text.ts';
import type { DetectedTurn } from '../listening/turn-detector.ts';
import type { AgentSessionEvents, CallerInput } from '../session-events.ts';
import { givenSentences } from '../speaking/reply-sentences.ts';
import type { Speaker } from '../speaking/speaker.ts';
import type { PreparedSentence, SpeechJob, Utterance } from '../speaking/utterance.ts';
import { TurnFailures } from '../turn-failures.ts';
import { UnfinishedTurn } from './unfinished-turn.ts';
import type { VoiceAgentSettings } from '../voice-agent-settings.ts';

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
 * The caller's turns, from the first words to the answer: whether they are complete, what they say, and
 * when they are answered. All decisions are made on media time.
 */
export class Dialogue {
  readonly floor: Floor;
  readonly #options: DialogueOptions;
  readonly #unfinished: UnfinishedTurn;
  readonly #failures: TurnFailures;
  #isClosed = false;
  /** Raised by every interruption: what was asked before it is not answered any more. */
  #epoch = 0;
  /** Turns of this epoch that are being recognised. */
  #recognising = 0;

  constructor(options: DialogueOptions) {
    this.#options = options;
    const { clock, timeline, settings, call, logger, events } = options;
    this.#unfinished = new UnfinishedTurn(clock, timeline, settings.incompleteTurnSilenceMs);
    this.#failures = new TurnFailures(call, logger, events);
    this.floor = new Floor({
      ...options,
      prompt: (text) => this.#sayFixed(text, 'prompt'),
      isThinking: () => this.#recognising > 0,
      onInterrupting: () => {
        this.#epoch++;
        this.#recognising = 0;
      },
      onInterrupted: () => {},
      onDigits: (digits) => this.receiveWritten('digit', digits),
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#unfinished.clear();
    this.floor.close();
  }

  /** Says something after all that is being said. */
  speak(job: SpeechJob): Utterance {
    const utterance = this.#options.speaker.add(job);
    this.floor.update();
    return utterance;
  }

  /** The caller is speaking, since `startMs`, and was heard up to `untilMs`. */
  speechContinued(startMs: number, untilMs: number): void {
    if (this.floor.speechBegan(startMs)) {
      this.#options.answerer.dropDraft();
      this.#unfinished.callerWentOn();
    }
    this.floor.judgeSpeech(startMs, untilMs);
  }

  /** The caller has paused and may go on: the answer can be prepared. */
  paused(silentMs: number): void {
    const { earlyReplySilenceMs } = this.#options.settings;
    if (earlyReplySilenceMs === undefined || silentMs < earlyReplySilenceMs) return;
    this.turnEndLikely(this.floor.interim);
  }

  /** The turn seems to be over, with these words. */
  turnEndLikely(text: string): void {
    const { settings, answerer, speaker } = this.#options;
    if (settings.earlyReplySilenceMs === undefined || countWords(text) === 0) return;
    if (this.floor.pending || this.floor.state !== 'listening' || speaker.isBusy) return;
    answerer.draft(this.#unfinished.joined(text));
  }

  turnEnded(turn: DetectedTurn): void {
    if (this.floor.judgeTurn(turn)) {
      void this.#answerSpeech(turn);
      return;
    }
    this.#options.hearing?.discard();
    this.#options.answerer.dropDraft();
    this.#unfinished.wait();
    this.floor.update();
  }

  /** A key, or a text that is taken as though it had been said. */
  receiveWritten(input: CallerInput, text: string): void {
    if (this.#isClosed) return;
    const { timeline, clock, conversation, answerer } = this.#options;
    const nowMs = timeline.now();
    answerer.dropDraft();
    this.floor.interruptByHand(input);
    this.floor.callerWasHeard();
    const entry = conversation.addCaller(input, text, nowMs, nowMs);
    const now = clock.now();
    this.floor.audible(now);
    const times = { speechEndedAt: now, turnEndedAt: now, recognisedAt: now };
    answerer.answer({ input, entries: [entry], times });
    this.floor.update();
  }

  /** An utterance is over. */
  speechFinished(utterance: Utterance): void {
    const { conversation, timeline, settings } = this.#options;
    const { job, outcome } = utterance;
    conversation.addAgent(utterance, this.floor.pending?.silencedAtMs ?? timeline.now());
    if (this.#isClosed || !outcome || outcome.interrupted) return;
    if (outcome.error !== undefined) this.#failed(outcome.error, settings.apology.failed);
    else if (job.kind === 'reply') this.#failures.reset();
  }

  async #answerSpeech(turn: DetectedTurn): Promise<void> {
    const { clock, timeline, settings, hearing } = this.#options;
    const { pending } = this.floor;
    const epoch = this.#epoch;
    const turnEndedAt = clock.now();
    this.#recognising++;
    const recognition = hearing!.recognise();
    this.floor.audible(timeline.clockAt(turn.endMs));
    this.floor.update(turn.decidedAtMs);
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
    const isPending = pending !== undefined && pending === this.floor.pending;
    if (text === '' && !fault) {
      this.#options.answerer.dropDraft();
      if (isPending) this.floor.withdraw();
      else if (this.#unfinished.isWaiting) this.#unfinished.wait();
      else if (isWanted && turn.speechMs >= settings.minInterruptionMs) {
        this.#apologise(settings.apology.notUnderstood);
      }
      this.floor.update();
      return;
    }
    if (isPending || this.floor.isCollectingDigits) {
      this.floor.callerSpoke();
      this.floor.interrupt();
      isWanted = true;
    }
    if (fault) {
      this.#options.answerer.dropDraft();
      this.#failed(fault.error, isWanted ? settings.apology.notUnderstood : undefined);
    } else {
      const speechEndedAt = Math.min(turnEndedAt, timeline.clockAt(turn.endMs));
      await this.#understood(turn, text, { speechEndedAt, turnEndedAt }, isWanted);
    }
    this.floor.update();
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
    this.floor.callerWasHeard();
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
      this.floor.update();
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
    if (this.floor.isCallerSpeaking) this.#unfinished.hold(() => answer(true));
    else if (isComplete) answer(true);
    else {
      answerer.dropDraft();
      this.#unfinished.wait(() => answer(true));
    }
  }

  #failed(error: unknown, apology: string | undefined): void {
    if (this.#failures.add(error)) void this.#options.call.end('agent-failed', { error });
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
