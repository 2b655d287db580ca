import { PhoneAgentError } from '@phone-agents/core';
import type {
  RealtimeAudioReceived,
  RealtimeConnection,
  RealtimeEvent,
  RealtimeResponseEnded,
  RealtimeTextReceived,
  RealtimeToolCalled,
  RealtimeTurnEnded,
} from '../realtime-model.ts';
import type { AgentState, CallerInput } from '../session-events.ts';
import type { CallerTurn } from './caller-turns.ts';
import { CallerTurns } from './caller-turns.ts';
import type { RealtimeDialogueOptions } from './realtime-dialogue-options.ts';
import type { QuestionTimes, RealtimeSpeechOptions } from './realtime-speech.ts';
import { RealtimeSpeech } from './realtime-speech.ts';
import { ReplyTimer } from './reply-timer.ts';
import { ToolWork } from './tool-work.ts';
import { TurnMeter } from './turn-meter.ts';

/** After so many failures in a row the agent gives up. */
const MAX_FAILURES = 3;
const GO_ON =
  'The line was interrupted while you were speaking. Go on where you stopped, without repeating anything.';

/**
 * Who speaks when: asks the model for answers, judges what interrupts it, and brings it back when its
 * connection is lost.
 */
export class RealtimeDialogue {
  readonly #options: RealtimeDialogueOptions;
  readonly #answers = new Map<string, RealtimeSpeech>();
  readonly #toolWork = new ToolWork();
  readonly #timer: ReplyTimer;
  readonly #meter: TurnMeter;
  readonly #turns = new CallerTurns();
  #connection: RealtimeConnection | undefined;
  /** What was asked for and has not begun, in order. */
  #requests: RealtimeSpeech[] = [];
  #state: AgentState = 'listening';
  /** Media time since when the agent thinks or speaks. */
  #activeSinceMs = 0;
  /** Raised when the model's connection is lost: tool calls of before are not known to it any more. */
  #epoch = 0;
  #isLost = false;
  /** What the caller says is not answered: they are on hold, or a machine. */
  #isDeaf = false;
  #idleWaiters: (() => void)[] = [];
  #cutOff: RealtimeSpeech | undefined;
  #failures = 0;
  #isAttached = false;
  #isClosed = false;

  constructor(options: RealtimeDialogueOptions) {
    this.#options = options;
    const { clock, settings, speaker, events } = options;
    this.#meter = new TurnMeter(clock, (turn) => events.emit('turn-measured', turn));
    this.#timer = new ReplyTimer(
      clock,
      settings.replyTimeoutMs,
      // While something is being said, or the connection is made anew, there is time.
      () => speaker.current !== undefined || this.#isLost || !this.#isAttached,
      () => this.#tookTooLong(),
    );
  }

  get state(): AgentState {
    return this.#state;
  }

  /** The model is there. */
  connected(connection: RealtimeConnection): void {
    this.#connection = connection;
  }

  /** The phone is there: from now on the agent listens and speaks. */
  attached(): void {
    this.#isAttached = true;
    this.#update();
  }

  /** Says a sentence word for word. */
  say(text: string, kind: RealtimeSpeechOptions['kind'] = 'announcement'): RealtimeSpeech {
    const { protectGreeting } = this.#options.settings;
    return this.#request({
      kind,
      isProtected: kind === 'greeting' && protectGreeting,
      instructions: `Say exactly this, word for word, and nothing else: ${text}`,
    });
  }

  /** Has the model think something up. */
  obey(orders: string): RealtimeSpeech {
    const { instructions } = this.#options;
    return this.#request({ kind: 'reply', instructions: `${instructions}\n${orders}`.trim() });
  }

  /** Nobody is to be answered any more, or somebody is again. */
  set isDeaf(isDeaf: boolean) {
    this.#isDeaf = isDeaf;
    if (isDeaf) this.#cut();
  }

  /** Resolves when nothing is being said, made or asked for. */
  whenIdle(): Promise<void> {
    if (this.#isIdle) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  /** A key or a text interrupts: nobody presses one by mistake. */
  interruptByHand(input: CallerInput): void {
    const nowMs = this.#options.timeline.now();
    if (this.#state !== 'listening' && !this.#isProtected) this.#interrupt(input, nowMs, nowMs);
  }

  /** The caller's keys and texts: they interrupt the agent and are answered. */
  receiveWritten(input: CallerInput, text: string): void {
    if (this.#isClosed || this.#isDeaf) return;
    const { timeline, record, clock } = this.#options;
    const nowMs = timeline.now();
    this.interruptByHand(input);
    record.addCaller(input, text, nowMs, nowMs);
    this.#connection?.addText(
      input === 'digit' ? `The caller pressed ${text} on the phone's keypad.` : text,
    );
    const now = clock.now();
    this.#answer({ input, spokenAtMs: nowMs, speechEndedAt: now, turnEndedAt: now });
  }

  /** Our own detector hears the caller speak from `startMs` up to `untilMs`. */
  heardSpeech(startMs: number, untilMs: number): void {
    this.#turns.heard(startMs, untilMs);
    this.#judge();
  }

  /** Something has happened at the model. */
  receive(event: RealtimeEvent): void {
    if (this.#isClosed) return;
    switch (event.type) {
      case 'speech-started':
        this.#turns.begin(this.#options.toMediaMs(event.inputMs));
        this.#judge();
        return;
      case 'turn-ended':
        this.#turnEnded(event);
        return;
      case 'caller-transcribed':
        this.#callerTranscribed(event.itemId, event.text);
        return;
      case 'response-started':
        this.#responseStarted(event.responseId);
        return;
      case 'audio-received':
      case 'text-received':
        this.#pieceReceived(event);
        return;
      case 'tool-called':
        this.#toolCalled(event);
        return;
      case 'response-ended':
        this.#responseEnded(event);
        return;
      case 'connection-lost':
        this.#connectionLost();
        return;
      case 'connection-restored':
        this.#connectionRestored();
        return;
      case 'connection-closed':
        this.#giveUp(event.error);
    }
  }

  /** The first sound of a speech goes out. */
  speechStarted(speech: RealtimeSpeech): void {
    this.#update();
    this.#meter.started(speech);
  }

  /** The caller has heard the first sound of a speech. */
  speechHeard(speech: RealtimeSpeech): void {
    this.#meter.heard(speech);
  }

  /** A speech is over. */
  speechFinished(speech: RealtimeSpeech): void {
    this.#meter.finished(speech);
    this.#options.record.addAgent(speech, this.#options.timeline.now());
    if (speech.startedAtMs !== undefined && speech.options.kind !== 'apology') this.#failures = 0;
    this.#update();
  }

  close(): void {
    this.#isClosed = true;
    this.#timer.stop();
    for (const speech of this.#takeUnheard()) speech.drop();
    for (const resolve of this.#idleWaiters) resolve();
  }

  get #isProtected(): boolean {
    return this.#options.speaker.current?.options.isProtected ?? false;
  }

  #request(options: Omit<RealtimeSpeechOptions, 'interrupt'>): RealtimeSpeech {
    const speech = new RealtimeSpeech({ ...options, interrupt: (one) => this.#interruptOne(one) });
    if (this.#isClosed) speech.drop();
    else this.#ask(speech);
    return speech;
  }

  /** Asks for what is to be said; answers come in the order in which they were asked for. */
  #ask(speech: RealtimeSpeech): void {
    this.#requests.push(speech);
    if (!this.#isLost) this.#respond(speech);
    this.#timer.start();
    this.#update();
  }

  #respond({ options: { instructions } }: RealtimeSpeech): void {
    this.#connection?.respond(instructions === undefined ? {} : { instructions });
  }

  #answer(question: QuestionTimes): void {
    const { record, instructions } = this.#options;
    const owed = record.takeOwedDisclosure();
    this.#request({
      kind: 'reply',
      question,
      instructions:
        owed === undefined
          ? undefined
          : `${instructions}\nBegin your answer with exactly this sentence: ${owed}`.trim(),
    });
  }

  get #isThinking(): boolean {
    return this.#requests.length > 0 || this.#answers.size > 0 || this.#toolWork.isWorking;
  }

  get #isIdle(): boolean {
    return !this.#isThinking && !this.#options.speaker.current;
  }

  #update(): void {
    if (this.#isIdle) {
      const waiters = this.#idleWaiters;
      this.#idleWaiters = [];
      for (const resolve of waiters) resolve();
    }
    // Until the phone is there nothing is heard and nothing is said.
    if (!this.#isAttached || this.#isClosed) return;
    let to: AgentState = 'listening';
    const { speaker, timeline, events } = this.#options;
    if (speaker.current) to = 'speaking';
    else if (this.#isThinking) to = 'thinking';
    const from = this.#state;
    if (from === to) return;
    if (from === 'listening') this.#activeSinceMs = timeline.now();
    this.#state = to;
    events.emit('state-changed', { from, to });
  }

  /** Whether what the caller says now interrupts the agent. */
  #judge(): void {
    const { settings, timeline, hasJudge } = this.#options;
    if (this.#isDeaf || this.#isProtected || this.#state === 'listening') return;
    const minMs = hasJudge() ? settings.minInterruptionMs : undefined;
    const speech = this.#turns.interruption(this.#activeSinceMs, minMs, timeline.now());
    if (!speech) return;
    if (this.#turns.current) this.#turns.current.isAccepted = true;
    this.#interrupt('speech', speech.startMs, speech.endMs);
  }

  #interrupt(input: CallerInput, startedAtMs: number, acceptedAtMs: number): void {
    const current = this.#options.speaker.current;
    this.#cut();
    this.#options.events.emit('interruption-accepted', {
      startedAtMs,
      acceptedAtMs,
      input,
      text: current?.outcome?.text ?? '',
      heardText: current?.outcome?.heardText ?? '',
    });
  }

  /** Silences the agent: what it says, what is being made, and what was asked for. */
  #cut(): void {
    this.#timer.stop();
    const [first, ...others] = this.#options.speaker.interrupt();
    this.#connection?.interrupt(first?.itemId, first?.heardMs ?? 0);
    for (const { itemId, heardMs } of others) this.#connection?.interrupt(itemId, heardMs);
    for (const speech of this.#takeUnheard()) speech.drop();
    this.#toolWork.forget();
    this.#cutOff = undefined;
    this.#update();
  }

  #takeUnheard(): RealtimeSpeech[] {
    const unheard = [...this.#requests, ...this.#answers.values()];
    this.#requests = [];
    this.#answers.clear();
    return unheard;
  }

  #interruptOne(speech: RealtimeSpeech): void {
    if (speech === this.#options.speaker.current || this.#requests.length <= 1) {
      this.#cut();
      return;
    }
    // It has not begun: the model makes all others anew.
    const others = this.#requests.filter((one) => one !== speech);
    speech.drop();
    this.#requests = others;
    this.#connection?.interrupt(undefined, 0);
    for (const one of others) this.#respond(one);
  }

  #turnEnded({ itemId, inputMs }: RealtimeTurnEnded): void {
    const { clock, timeline, toMediaMs, settings } = this.#options;
    const endMs = toMediaMs(inputMs);
    const turn = this.#turns.end(endMs);
    if (this.#isDeaf || !this.#isTurn(turn, endMs)) {
      this.#connection?.discardTurn(itemId);
      return;
    }
    this.#options.onTurn();
    this.#turns.awaitWords(itemId, { startMs: turn.startMs, endMs });
    if (settings.realtime.answersItself) return;
    const now = clock.now();
    const speechEndedAt = Math.min(now, timeline.clockAt(endMs));
    this.#answer({ input: 'speech', spokenAtMs: endMs, speechEndedAt, turnEndedAt: now });
  }

  /** Speech that was too short to interrupt the agent is taken for a noise. */
  #isTurn({ startMs, isAccepted }: CallerTurn, endMs: number): boolean {
    if (isAccepted || this.#state === 'listening' || startMs < this.#activeSinceMs) return true;
    return this.#isProtected && endMs - startMs >= this.#options.settings.minInterruptionMs;
  }

  #callerTranscribed(itemId: string, text: string): void {
    const turn = this.#turns.takeUnwritten(itemId);
    if (turn && text !== '') {
      this.#options.record.addCaller('speech', text, turn.startMs, turn.endMs);
    }
  }

  #responseStarted(responseId: string): void {
    let speech = this.#requests.shift();
    speech ??= new RealtimeSpeech({ kind: 'reply', interrupt: (one) => this.#interruptOne(one) });
    speech.responseId = responseId;
    this.#answers.set(responseId, speech);
    this.#timer.start();
    this.#update();
  }

  #pieceReceived(piece: RealtimeAudioReceived | RealtimeTextReceived): void {
    const speech = this.#answers.get(piece.responseId);
    if (!speech) return;
    const { clock, speaker } = this.#options;
    this.#timer.stop();
    if (piece.type === 'text-received') {
      speech.firstTextAt ??= clock.now();
      speaker.addText(speech, piece.itemId, piece.text);
    } else {
      speech.firstAudioAt ??= clock.now();
      speaker.push(speech, piece.itemId, piece.samples);
    }
  }

  #toolCalled(call: RealtimeToolCalled): void {
    this.#timer.stop();
    this.#toolWork.add(call.responseId, this.#runTool(call, this.#epoch));
    this.#update();
  }

  async #runTool(call: RealtimeToolCalled, epoch: number): Promise<void> {
    const { tools, events } = this.#options;
    const { record, output } = await tools.run(call);
    if (this.#isClosed) return;
    events.emit('tool-call-ended', record);
    if (epoch === this.#epoch) this.#connection?.sendToolResult(call.callId, output);
    // A connection made since knows of no such call.
    else this.#connection?.addText(`The tool ${call.name} has given this: ${output}`);
  }

  #responseEnded({ responseId, status, error }: RealtimeResponseEnded): void {
    const speech = this.#answers.get(responseId);
    const work = this.#toolWork.take(responseId);
    if (!speech) return;
    this.#answers.delete(responseId);
    this.#timer.stop();
    if (this.#requests.length > 0) this.#timer.start();
    const { speaker } = this.#options;
    if (work) {
      speaker.endResponse(speech, false);
      void work.then(() => this.#goOn(speech));
    } else if (status === 'failed' && !speech.hasAudio) {
      this.#failed(speech, error);
    } else {
      speaker.endResponse(speech, true);
    }
    this.#update();
  }

  /** The tools have worked: the answer goes on with what they gave. */
  #goOn(speech: RealtimeSpeech): void {
    if (this.#isClosed) return;
    if (!speech.outcome) this.#ask(speech);
    this.#update();
  }

  #tookTooLong(): void {
    const [speech, ...others] = this.#takeUnheard();
    if (!speech) return;
    this.#connection?.interrupt(undefined, 0);
    for (const one of others) one.drop();
    this.#failed(
      speech,
      new PhoneAgentError('reply_timeout', 'Nothing came of an answer for too long.'),
    );
  }

  /** Nothing came of an answer: it is asked for again. */
  #failed(speech: RealtimeSpeech, error: unknown): void {
    const { logger, call, events } = this.#options;
    const code = PhoneAgentError.isInstance(error) ? error.code : 'unknown';
    events.emit('turn-failed', { code, error });
    logger.error({ callId: call.id, error }, 'The agent failed in a turn');
    this.#failures++;
    if (this.#failures >= MAX_FAILURES) this.#giveUp(error);
    else this.#ask(speech);
  }

  #connectionLost(): void {
    const { settings, speaker } = this.#options;
    this.#isLost = true;
    this.#epoch++;
    this.#turns.forget();
    const answers = [...this.#answers.values()];
    this.#answers.clear();
    for (const speech of answers.toReversed()) {
      if (!speech.hasAudio) this.#requests.unshift(speech);
      else {
        this.#cutOff = speech;
        speaker.endResponse(speech, true);
      }
    }
    if (this.#isAttached && this.#requests.length > 0 && !speaker.current) {
      this.#playRendered(settings.apology.holdOn);
    }
    this.#update();
  }

  #connectionRestored(): void {
    this.#isLost = false;
    for (const speech of this.#requests) this.#respond(speech);
    if (this.#cutOff) this.obey(GO_ON);
    this.#cutOff = undefined;
  }

  /** The model is lost for good: says so where it can, and hangs up. */
  #giveUp(error: unknown): void {
    const { call, speaker, settings } = this.#options;
    for (const speech of this.#takeUnheard()) {
      if (speech.hasAudio) speaker.endResponse(speech, true);
      else speech.drop();
    }
    this.#timer.stop();
    this.#isLost = true;
    const apology = this.#playRendered(settings.apology.failed);
    const over = apology?.finished ?? speaker.whenIdle();
    void over.then(() => call.end('agent-failed', { error }));
  }

  #playRendered(text: string): RealtimeSpeech | undefined {
    const samples = this.#options.rendered(text);
    return samples && this.#options.speaker.playRendered(text, samples);
  }
}
