import type {
  AttachedPhone,
  Clock,
  EdgeCall,
  EdgeConnection,
  EdgeConnectionClosed,
  EdgeParticipantContext,
  EdgeParticipantSession,
  PhoneCall,
  SampleRate,
  Unsubscribe,
} from '@phone-agents/core';
import { CallEndedError, Emitter, PhoneAgentError } from '@phone-agents/core';
import { untilAborted } from './abortable.ts';
import type { Question } from './answerer.ts';
import { Answerer } from './answerer.ts';
import { AudioPublisher } from './speaking/audio-publisher.ts';
import { CallerListener } from './listening/caller-listener.ts';
import { Conversation } from './conversation.ts';
import { MediaTimeline } from './listening/media-timeline.ts';
import { givenSentences } from './speaking/reply-sentences.ts';
import { splitSentences } from './speaking/sentence-splitter.ts';
import type {
  AgentSessionEvents,
  AgentState,
  CallerInput,
  TranscriptEntry,
} from './session-events.ts';
import { Speaker } from './speaking/speaker.ts';
import type { SpeechCache } from './speaking/speech-renderer.ts';
import { createThinker } from './thinking/create-thinker.ts';
import type { DetectedTurn } from './listening/turn-detector.ts';
import type { AgentSpeech, PreparedSentence, SpeechJob, Utterance } from './speaking/utterance.ts';
import type { VoiceAgentSettings } from './voice-agent-options.ts';
import { likelyPhrases } from './voice-agent-options.ts';

/** Rate at which the agent joins calls on the edge, in Hz. */
export const AGENT_SAMPLE_RATE: SampleRate = 16_000;
/** After so many failures in a row the call is ended. */
const MAX_FAILURES = 3;

/**
 * The agent in one call. Made by `VoiceAgent.join`.
 *
 * It listens to the phone only: other people in the call on the edge hear the agent, but do not
 * speak to it. It holds no timer while nobody speaks, and nothing at all once it is closed.
 */
export class AgentSession implements EdgeParticipantSession {
  readonly call: PhoneCall;
  readonly #settings: VoiceAgentSettings;
  readonly #cache: SpeechCache;
  readonly #context: EdgeParticipantContext;
  readonly #clock: Clock;
  readonly #events: Emitter<AgentSessionEvents>;
  readonly #timeline: MediaTimeline;
  readonly #listener: CallerListener | undefined;
  readonly #prepared = new Map<string, Int16Array>();
  readonly #conversation: Conversation;
  readonly #over = new AbortController();
  #subscriptions: Unsubscribe[] = [];
  #connection: EdgeConnection | undefined;
  #publisher!: AudioPublisher;
  #speaker: Speaker | undefined;
  #answerer: Answerer | undefined;
  #phone: AttachedPhone | undefined;
  #state: AgentState = 'listening';
  /** Media time since when the agent thinks or speaks. */
  #activeSinceMs = 0;
  /** Raised by every interruption: what was asked before it is not answered any more. */
  #epoch = 0;
  /** Turns of this epoch that are being recognised. */
  #recognising = 0;
  #failures = 0;
  #isClosed = false;
  #closed: Promise<void> = Promise.resolve();

  /** For `VoiceAgent`; nothing happens before {@link open}. */
  constructor(settings: VoiceAgentSettings, cache: SpeechCache, context: EdgeParticipantContext) {
    const { call, clock, logger } = context;
    this.call = call;
    this.#settings = settings;
    this.#cache = cache;
    this.#context = context;
    this.#clock = clock;
    this.#events = new Emitter((error) =>
      logger.error({ callId: call.id, error }, 'A listener of the agent session failed'),
    );
    this.#timeline = new MediaTimeline(clock);
    this.#conversation = new Conversation(settings.disclosure, (entry) =>
      this.#events.emit('transcript-added', entry),
    );
    if (!settings.hearing) return;
    this.#listener = new CallerListener({
      ...settings.hearing,
      phrases: likelyPhrases(settings),
      clock,
      logger,
      callId: call.id,
      signal: this.#over.signal,
      timeline: this.#timeline,
      endOfTurnSilenceMs: settings.endOfTurnSilenceMs,
      maxTurnMs: settings.maxTurnMs,
      recognitionTimeoutMs: settings.recognitionTimeoutMs,
      onSpeechContinued: (startMs, untilMs) => this.#speechContinued(startMs, untilMs),
      onTurnEnded: (turn) => this.#turnEnded(turn),
      onLost: (error) => this.#giveUp(error),
    });
  }

  /** What the agent is doing. */
  get state(): AgentState {
    return this.#state;
  }

  /** What was said so far, in the order in which it was over. */
  get transcript(): readonly TranscriptEntry[] {
    return this.#conversation.entries;
  }

  /** Listens to the session; listeners are dropped when it is closed. */
  on<Name extends keyof AgentSessionEvents>(
    name: Name,
    listener: (event: AgentSessionEvents[Name]) => void,
  ): Unsubscribe {
    return this.#events.on(name, listener);
  }

  /** Says `text` after all that is being said, or waits to be said. */
  say(text: string): AgentSpeech {
    return this.#speak({
      kind: 'announcement',
      timeoutMs: this.#settings.replyTimeoutMs,
      sentences: () => givenSentences(splitSentences(text).map((sentence) => ({ text: sentence }))),
    });
  }

  /**
   * Has the model think something up and says it, after all that is being said: a summary, a reminder,
   * the first words of a call. `instructions` tell it what; the caller does not hear them.
   *
   * @throws PhoneAgentError with code `model_missing` where the agent has a `responder`.
   */
  respond(instructions: string): AgentSpeech {
    if (this.#settings.thinking.kind !== 'model') {
      throw new PhoneAgentError(
        'model_missing',
        'Only an agent with a `model` can think something up; use say() instead.',
      );
    }
    const speech = this.#answerer!.obey(instructions);
    this.#update();
    return speech;
  }

  /** Takes a text as though the caller had said it: it interrupts the agent and is answered. */
  receiveText(text: string): void {
    this.#receiveWritten('text', text);
  }

  /**
   * Hangs up, by default once the caller has heard all that the agent has to say. Resolves when the
   * call has ended.
   */
  async hangUp(options: { readonly afterPlayout?: boolean | undefined } = {}): Promise<void> {
    if (options.afterPlayout ?? true) await this.#speaker?.whenIdle();
    await this.call.end('agent-hung-up');
  }

  /** For `VoiceAgent`: joins, opens and renders all that is needed, at the same time. */
  async open(edgeCall: EdgeCall): Promise<void> {
    const { signal } = this.#context;
    try {
      signal.throwIfAborted();
      signal.addEventListener('abort', this.#callEnded, { once: true });
      const hearing = this.#listener?.open() ?? Promise.resolve();
      const opening = Promise.all([
        this.#join(edgeCall).then(() => this.#learn()),
        hearing,
        this.#render(),
      ]);
      await untilAborted(opening, this.#over.signal);
      this.#greet();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  phoneAttached(phone: AttachedPhone): void {
    const connection = this.#connection;
    if (this.#isClosed || this.#phone || !connection) return;
    this.#phone = phone;
    const last = phone.backlog.at(-1);
    // The greeting begins behind all that the caller has said so far, although that is read after it.
    this.#timeline.anchor(
      last ? ((last.timestampSamples + last.samples.length) * 1000) / last.sampleRate : 0,
    );
    this.#speaker?.attach(phone.bridge);
    this.#update();
    const listener = this.#listener;
    if (!listener) return;
    for (const frame of phone.backlog) listener.receive(frame);
    this.#timeline.changeSource();
    this.#subscriptions.push(
      connection.onAudio((frame, source) => {
        if (source.id === phone.userId) listener.receive(frame);
      }),
    );
  }

  close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.#closed = this.#dispose();
    }
    return this.#closed;
  }

  readonly #callEnded = (): void => void this.close();

  async #dispose(): Promise<void> {
    const { signal, logger } = this.#context;
    signal.removeEventListener('abort', this.#callEnded);
    for (const unsubscribe of this.#subscriptions) unsubscribe();
    this.#subscriptions = [];
    this.#speaker?.close();
    if (this.#connection) this.#publisher.close();
    this.#over.abort(signal.aborted ? signal.reason : new CallEndedError('The agent has left.'));
    const freed = await Promise.allSettled([
      this.#listener?.close() ?? Promise.resolve(),
      this.#connection?.leave() ?? Promise.resolve(),
    ]);
    for (const result of freed) {
      if (result.status === 'fulfilled') continue;
      const fields = { callId: this.call.id, error: result.reason as unknown };
      logger.warn(fields, 'The agent did not leave cleanly');
    }
    this.#events.clear();
  }

  async #join(edgeCall: EdgeCall): Promise<void> {
    const { userId, name, tts, speakable } = this.#settings;
    const connection = await edgeCall.join(
      { id: userId, name },
      { sampleRate: AGENT_SAMPLE_RATE, signal: this.#over.signal },
    );
    // The call may have ended while we joined.
    if (this.#isClosed) {
      await connection.leave();
      return;
    }
    this.#connection = connection;
    this.#publisher = new AudioPublisher(connection, this.#clock);
    this.#speaker = new Speaker({
      publisher: this.#publisher,
      tts,
      speakable,
      sampleRate: AGENT_SAMPLE_RATE,
      userId,
      clock: this.#clock,
      mediaNow: () => this.#timeline.now(),
      onChanged: () => this.#update(),
      onFinished: (utterance) => this.#speechFinished(utterance),
    });
    this.#subscriptions.push(
      connection.on('connection-closed', (closed) => this.#connectionClosed(closed)),
      this.call.on('digit-received', ({ digit }) => this.#digitReceived(digit)),
    );
  }

  /** Gets its instructions and its tools. */
  async #learn(): Promise<void> {
    const speaker = this.#speaker;
    if (!speaker) return;
    const { instructions, replyTimeoutMs } = this.#settings;
    const [thinker, instructionText] = await Promise.all([
      createThinker(this.#settings, {
        session: this,
        clock: this.#clock,
        logger: this.#context.logger,
        mediaNow: () => this.#timeline.now(),
        signal: this.#over.signal,
      }),
      typeof instructions === 'function' ? instructions({ call: this.call }) : instructions,
    ]);
    this.#answerer = new Answerer({
      call: this.call,
      thinker,
      instructions: instructionText,
      replyTimeoutMs,
      clock: this.#clock,
      conversation: this.#conversation,
      speaker,
      fixedSentence: (text) => this.#fixedSentence(text),
      onMeasured: (measurement) => this.#events.emit('turn-measured', measurement),
      onToolCallEnded: (ended) => this.#events.emit('tool-call-ended', ended),
    });
  }

  async #render(): Promise<void> {
    const { greeting, apology, tts } = this.#settings;
    await tts.prepare?.();
    const sentences = [...greeting, apology.notUnderstood, apology.failed];
    await Promise.all(
      sentences.map(async (text) => this.#prepared.set(text, await this.#cache.get(text))),
    );
  }

  #connectionClosed({ reason, error }: EdgeConnectionClosed): void {
    if (reason === 'lost') void this.call.end('edge-failed', { error });
    void this.close();
  }

  #greet(): void {
    const { greeting, protectGreeting } = this.#settings;
    if (greeting.length === 0) return;
    const sentences = greeting.map((text) => this.#fixedSentence(text));
    this.#speak({
      kind: 'greeting',
      isProtected: protectGreeting,
      sentences: () => givenSentences(sentences),
    });
  }

  #fixedSentence(text: string): PreparedSentence {
    return { text, samples: this.#prepared.get(text) };
  }

  #speak(job: SpeechJob): Utterance {
    const utterance = this.#speaker!.add(job);
    this.#update();
    return utterance;
  }

  #update(sinceMs?: number): void {
    // Until the phone is there nothing is heard and nothing is said.
    if (!this.#phone || !this.#speaker) return;
    let to: AgentState = 'listening';
    if (this.#speaker.isSpeaking) to = 'speaking';
    else if (this.#speaker.isBusy || this.#recognising > 0) to = 'thinking';
    const from = this.#state;
    if (from === to) return;
    if (from === 'listening') this.#activeSinceMs = sinceMs ?? this.#timeline.now();
    this.#state = to;
    this.#events.emit('state-changed', { from, to });
  }

  #speechContinued(startMs: number, untilMs: number): void {
    if (this.#state === 'listening' || this.#speaker?.current?.job.isProtected) return;
    // What was said before the agent began was not said against it.
    const againstAgentMs = untilMs - Math.max(startMs, this.#activeSinceMs);
    if (againstAgentMs >= this.#settings.minInterruptionMs) {
      this.#interrupt('speech', Math.max(startMs, this.#activeSinceMs), untilMs);
    }
  }

  #interrupt(input: CallerInput, startedAtMs: number, acceptedAtMs: number): void {
    this.#epoch++;
    this.#recognising = 0;
    const outcome = this.#speaker?.interrupt()?.outcome;
    this.#update();
    this.#events.emit('interruption-accepted', {
      startedAtMs,
      acceptedAtMs,
      input,
      text: outcome?.text ?? '',
      heardText: outcome?.heardText ?? '',
    });
  }

  #turnEnded(turn: DetectedTurn): void {
    if (this.#isTurn(turn)) void this.#answerSpeech(turn);
    else this.#listener?.discard();
  }

  /** Speech that was too short to interrupt the agent is taken for a noise. */
  #isTurn(turn: DetectedTurn): boolean {
    if (this.#state === 'listening' || turn.startMs < this.#activeSinceMs) return true;
    const isProtected = this.#speaker?.current?.job.isProtected ?? false;
    return isProtected && turn.speechMs >= this.#settings.minInterruptionMs;
  }

  async #answerSpeech(turn: DetectedTurn): Promise<void> {
    const epoch = this.#epoch;
    const turnEndedAt = this.#clock.now();
    this.#recognising++;
    const recognition = this.#listener!.recognise();
    this.#update(turn.decidedAtMs);
    let text = '';
    let fault: { readonly error: unknown } | undefined;
    try {
      text = (await recognition).text.trim();
    } catch (error) {
      fault = { error };
    }
    if (this.#isClosed) return;
    const isWanted = epoch === this.#epoch;
    if (isWanted) this.#recognising--;
    if (text) {
      const entry = this.#conversation.addCaller('speech', text, turn.startMs, turn.endMs);
      const speechEndedAt = Math.min(turnEndedAt, this.#timeline.clockAt(turn.endMs));
      const times = { speechEndedAt, turnEndedAt, recognisedAt: this.#clock.now() };
      const question: Question = { input: 'speech', entries: [entry], times };
      if (isWanted) this.#answerer?.answer(question);
    } else if (fault) {
      this.#failed(fault.error, isWanted ? this.#settings.apology.notUnderstood : undefined);
    } else if (isWanted && turn.speechMs >= this.#settings.minInterruptionMs) {
      this.#apologise(this.#settings.apology.notUnderstood);
    }
    this.#update();
  }

  #digitReceived(digit: string): void {
    this.#receiveWritten('digit', digit);
  }

  #receiveWritten(input: CallerInput, text: string): void {
    if (this.#isClosed) return;
    const nowMs = this.#timeline.now();
    if (this.#state !== 'listening' && !this.#speaker?.current?.job.isProtected) {
      this.#interrupt(input, nowMs, nowMs);
    }
    const entry = this.#conversation.addCaller(input, text, nowMs, nowMs);
    const now = this.#clock.now();
    const times = { speechEndedAt: now, turnEndedAt: now, recognisedAt: now };
    this.#answerer?.answer({ input, entries: [entry], times });
    this.#update();
  }

  #speechFinished(utterance: Utterance): void {
    const { job, outcome } = utterance;
    this.#conversation.addAgent(utterance, this.#timeline.now());
    if (this.#isClosed || !outcome || outcome.interrupted) return;
    if (outcome.error !== undefined) this.#failed(outcome.error, this.#settings.apology.failed);
    else if (job.kind === 'reply') this.#failures = 0;
  }

  #failed(error: unknown, apology: string | undefined): void {
    this.#context.logger.error({ callId: this.call.id, error }, 'The agent failed in a turn');
    this.#failures++;
    if (this.#failures >= MAX_FAILURES) this.#giveUp(error);
    else if (apology !== undefined) this.#apologise(apology);
  }

  #apologise(text: string): void {
    const sentence = this.#fixedSentence(text);
    this.#speak({ kind: 'apology', sentences: () => givenSentences([sentence]) });
  }

  #giveUp(error: unknown): void {
    void this.call.end('agent-failed', { error });
  }
}
