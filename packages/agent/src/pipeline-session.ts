import type {
  AnsweringMachine,
  AttachedPhone,
  AudioFrame,
  Clock,
  EdgeCall,
  EdgeConnection,
  EdgeConnectionClosed,
  EdgeParticipant,
  EdgeParticipantContext,
  EdgeUser,
  PhoneCall,
  Unsubscribe,
} from '@phone-agents/core';
import { CallEndedError, Emitter, PhoneAgentError } from '@phone-agents/core';
import { untilAborted } from './abortable.ts';
import { Answerer } from './answerer.ts';
import { Conversation } from './conversation.ts';
import { Dialogue } from './dialogue.ts';
import { CallerListener } from './listening/caller-listener.ts';
import type { CollectDigitsOptions, CollectedDigits } from './digit-input.ts';
import { EchoDetector } from './listening/echo-detector.ts';
import { MediaTimeline } from './listening/media-timeline.ts';
import { MediaTimer } from './listening/media-timer.ts';
import { ConversationRecord } from './record/conversation-record.ts';
import { SessionTelemetry } from './record/session-telemetry.ts';
import type { AgentSessionEvents, AgentState, TranscriptEntry } from './session-events.ts';
import type { AgentSession } from './session.ts';
import { AGENT_SAMPLE_RATE } from './session.ts';
import { AudioPublisher } from './speaking/audio-publisher.ts';
import { givenSentences } from './speaking/reply-sentences.ts';
import { splitSentences } from './speaking/sentence-splitter.ts';
import { Speaker } from './speaking/speaker.ts';
import type { SpeechCache } from './speaking/speech-renderer.ts';
import type { AgentSpeech, PreparedSentence } from './speaking/utterance.ts';
import { Voice } from './speaking/voice.ts';
import { createThinker } from './thinking/create-thinker.ts';
import type { Thinker } from './thinking/thinker.ts';
import type { VoiceAgentSettings } from './voice-agent-settings.ts';
import { likelyPhrases } from './voice-agent-settings.ts';

/**
 * An agent of recogniser, model and synthesiser in one call. Made by `VoiceAgent.join`.
 *
 * It listens to the phone only: other people in the call on the edge hear the agent, but do not
 * speak to it. Once it is closed it holds nothing at all.
 */
export class PipelineSession implements AgentSession {
  readonly call: PhoneCall;
  readonly record: ConversationRecord;
  readonly #settings: VoiceAgentSettings;
  readonly #cache: SpeechCache;
  readonly #context: EdgeParticipantContext;
  readonly #createBriefing: (announcement: string) => EdgeParticipant;
  readonly #clock: Clock;
  readonly #events: Emitter<AgentSessionEvents>;
  readonly #timeline: MediaTimeline;
  readonly #timeLimit: MediaTimer;
  readonly #listener: CallerListener | undefined;
  readonly #echo = new EchoDetector();
  readonly #prepared = new Map<string, Int16Array>();
  readonly #conversation: Conversation;
  readonly #telemetry: SessionTelemetry | undefined;
  readonly #over = new AbortController();
  #subscriptions: Unsubscribe[] = [];
  #connection: EdgeConnection | undefined;
  #publisher: AudioPublisher | undefined;
  #speaker: Speaker | undefined;
  #dialogue: Dialogue | undefined;
  #answerer: Answerer | undefined;
  #phone: AttachedPhone | undefined;
  #isClosed = false;
  #closed: Promise<void> = Promise.resolve();

  /** For `VoiceAgent`; nothing happens before {@link open}. */
  constructor(
    settings: VoiceAgentSettings,
    cache: SpeechCache,
    context: EdgeParticipantContext,
    createBriefing: (announcement: string) => EdgeParticipant,
  ) {
    const { call, clock, logger } = context;
    this.call = call;
    this.#settings = settings;
    this.#cache = cache;
    this.#context = context;
    this.#createBriefing = createBriefing;
    this.#clock = clock;
    this.#events = new Emitter((error) =>
      logger.error({ callId: call.id, error }, 'A listener of the agent session failed'),
    );
    this.#timeline = new MediaTimeline(clock);
    this.#timeLimit = new MediaTimer(clock, this.#timeline);
    this.#conversation = new Conversation(settings.disclosure, (entry) =>
      this.#events.emit('transcript-added', entry),
    );
    this.record = new ConversationRecord(call, this.#events);
    this.#telemetry =
      context.telemetry &&
      new SessionTelemetry(context.telemetry, clock, call, this.#events, (mediaMs) =>
        this.#timeline.clockAt(mediaMs),
      );
    if (settings.hearing) this.#listener = this.#createListener(settings.hearing);
  }

  /** What the agent is doing. */
  get state(): AgentState {
    return this.#dialogue?.state ?? 'listening';
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
    const sentences = splitSentences(text).map((sentence) => this.#fixedSentence(sentence));
    return this.#dialogue!.speak({
      kind: 'announcement',
      timeoutMs: this.#settings.replyTimeoutMs,
      sentences: () => givenSentences(sentences),
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
    this.#dialogue?.update();
    return speech;
  }

  /** Takes a text as though the caller had said it: it interrupts the agent and is answered. */
  receiveText(text: string): void {
    this.#dialogue?.receiveWritten('text', text);
  }

  /**
   * Hangs up, by default once the caller has heard all that the agent has to say. Resolves when the
   * call has ended.
   */
  async hangUp(options: { readonly afterPlayout?: boolean | undefined } = {}): Promise<void> {
    if (options.afterPlayout ?? true) await this.#speaker?.whenIdle();
    await this.call.end('agent-hung-up');
  }

  async whenHeard(): Promise<void> {
    await this.#answerer?.whenPlaced();
    await this.#speaker?.whenHeard();
  }

  collectDigits(options: CollectDigitsOptions = {}): Promise<CollectedDigits> {
    return (
      this.#dialogue?.collectDigits(options, this.whenHeard()) ??
      Promise.resolve({ digits: '', endedBy: 'call-ended' as const })
    );
  }

  async turnFinished(): Promise<void> {
    await this.#speaker?.whenIdle();
  }

  async leaveMessage({ message, greetingEnded }: AnsweringMachine): Promise<void> {
    this.#dialogue?.machineAnswered();
    await greetingEnded;
    if (!this.#isClosed) await this.#sayProtected(message)?.finished;
  }

  createBriefing(announcement: string): EdgeParticipant {
    return this.#createBriefing(announcement);
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
    this.#dialogue?.attached();
    this.#limitTime();
    const listener = this.#listener;
    if (!listener) return;
    for (const frame of phone.backlog) listener.receive(frame);
    this.#timeline.changeSource();
    this.#subscriptions.push(
      connection.onAudio((frame, source) => this.#receive(phone, listener, frame, source)),
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
    this.#timeLimit.cancel();
    this.#speaker?.close();
    this.#dialogue?.close();
    this.#publisher?.close();
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
    this.#telemetry?.end(this.call.endInfo?.error);
    this.record.end();
    this.#events.clear();
  }

  #createListener(hearing: NonNullable<VoiceAgentSettings['hearing']>): CallerListener {
    const { endOfTurnSilenceMs, maxTurnMs, recognitionTimeoutMs } = this.#settings;
    return new CallerListener({
      ...hearing,
      phrases: likelyPhrases(this.#settings),
      clock: this.#clock,
      logger: this.#context.logger,
      callId: this.call.id,
      signal: this.#over.signal,
      timeline: this.#timeline,
      endOfTurnSilenceMs,
      maxTurnMs,
      recognitionTimeoutMs,
      onSpeechContinued: (startMs, untilMs) => this.#dialogue?.speechContinued(startMs, untilMs),
      onPaused: (silentMs) => this.#dialogue?.paused(silentMs),
      onInterim: (text) => this.#dialogue?.interim(text),
      onTurnEndLikely: (text) => this.#dialogue?.turnEndLikely(text),
      onTurnEnded: (turn) => this.#dialogue?.turnEnded(turn),
      onLost: (error) => void this.call.end('agent-failed', { error }),
    });
  }

  #receive(
    phone: AttachedPhone,
    listener: CallerListener,
    frame: AudioFrame,
    source: EdgeUser,
  ): void {
    if (source.id !== phone.userId) return;
    this.#echo.received(frame.samples, this.#clock.now());
    listener.receive(frame);
  }

  async #join(edgeCall: EdgeCall): Promise<void> {
    const { userId, name, tts, fallbackTts, speakable, speechTimeoutMs } = this.#settings;
    const clock = this.#clock;
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
    this.#publisher = new AudioPublisher(connection, clock, (samples, playedAtMs) =>
      this.#echo.sent(samples, playedAtMs),
    );
    const { logger } = this.#context;
    this.#speaker = new Speaker({
      publisher: this.#publisher,
      voice: new Voice({
        tts,
        fallbackTts,
        speakable,
        sampleRate: AGENT_SAMPLE_RATE,
        timeoutMs: speechTimeoutMs,
        clock,
        logger,
        callId: this.call.id,
      }),
      sampleRate: AGENT_SAMPLE_RATE,
      userId,
      clock,
      mediaNow: () => this.#timeline.now(),
      onChanged: () => this.#dialogue?.update(),
      onAudible: (untilMs) => this.#dialogue?.audible(untilMs),
      onFinished: (utterance) => this.#dialogue?.speechFinished(utterance),
    });
    this.#subscriptions.push(
      connection.on('connection-closed', (closed) => this.#connectionClosed(closed)),
      this.call.on('digit-received', ({ digit }) => this.#dialogue?.receiveDigit(digit)),
      this.call.on('call-held', () => this.#hold(true)),
      this.call.on('call-resumed', () => this.#hold(false)),
    );
  }

  #hold(isHeld: boolean): void {
    if (this.#dialogue) this.#dialogue.isHeld = isHeld;
  }

  /** Gets its instructions and its tools. */
  async #learn(): Promise<void> {
    const { instructions } = this.#settings;
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
    if (this.#speaker) this.#converse(this.#speaker, thinker, instructionText);
  }

  #converse(speaker: Speaker, thinker: Thinker, instructions: string): void {
    const shared = {
      call: this.call,
      clock: this.#clock,
      conversation: this.#conversation,
      speaker,
      fixedSentence: (text: string) => this.#fixedSentence(text),
    };
    this.#answerer = new Answerer({
      ...shared,
      thinker,
      instructions,
      onMeasured: (measurement) => this.#events.emit('turn-measured', measurement),
      onToolCallEnded: (ended) => this.#events.emit('tool-call-ended', ended),
    });
    this.#dialogue = new Dialogue({
      ...shared,
      settings: this.#settings,
      logger: this.#context.logger,
      timeline: this.#timeline,
      events: this.#events,
      answerer: this.#answerer,
      hearing: this.#listener,
      echo: this.#echo,
    });
  }

  async #render(): Promise<void> {
    const { fixedSentences, tts } = this.#settings;
    await tts.prepare?.();
    await Promise.all(
      fixedSentences.map(async (text) => this.#prepared.set(text, await this.#cache.get(text))),
    );
  }

  #connectionClosed({ reason, error }: EdgeConnectionClosed): void {
    if (reason === 'lost') void this.call.end('edge-failed', { error });
    void this.close();
  }

  #greet(): void {
    const { greeting, protectGreeting } = this.#settings;
    if (greeting.length === 0 || this.#isClosed) return;
    const sentences = greeting.map((text) => this.#fixedSentence(text));
    this.#dialogue?.speak({
      kind: 'greeting',
      isProtected: protectGreeting,
      sentences: () => givenSentences(sentences),
    });
  }

  #limitTime(): void {
    const { timeLimit } = this.#settings;
    if (!timeLimit) return;
    this.#timeLimit.set(this.#timeline.now() + timeLimit.afterMs, () => {
      const dialogue = this.#dialogue;
      if (!dialogue || this.#isClosed) return;
      dialogue.interrupt();
      const goodbye = this.#sayProtected(timeLimit.goodbye);
      void goodbye?.finished.then(() => this.call.end('max-duration-reached'));
    });
  }

  #sayProtected(text: string): AgentSpeech | undefined {
    const sentences = splitSentences(text).map((sentence) => this.#fixedSentence(sentence));
    return this.#dialogue?.speak({
      kind: 'announcement',
      isProtected: true,
      sentences: () => givenSentences(sentences),
    });
  }

  #fixedSentence(text: string): PreparedSentence {
    return { text, samples: this.#prepared.get(text) };
  }
}
