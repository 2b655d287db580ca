import type {
  AnsweringMachine,
  AttachedPhone,
  Clock,
  EdgeCall,
  EdgeConnection,
  EdgeConnectionClosed,
  EdgeParticipant,
  EdgeParticipantContext,
  PhoneCall,
  Unsubscribe,
} from '@phone-agents/core';
import { CallEndedError, Emitter } from '@phone-agents/core';
import { untilAborted } from './abortable.ts';
import type { AgentEngine, EngineFactory } from './agent-engine.ts';
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
import type { AgentSpeech } from './speaking/utterance.ts';

/**
 * An agent's place in one call: on the edge, on media time, in the record; what hears, thinks and
 * speaks there is its engine. Made by `VoiceAgent.join`.
 *
 * It listens to the phone only: other people in the call on the edge hear the agent, but do not
 * speak to it. Once it is closed it holds nothing at all.
 */
export class CallSession implements AgentSession {
  readonly call: PhoneCall;
  readonly record: ConversationRecord;
  readonly #settings: EngineFactory['settings'];
  readonly #context: EdgeParticipantContext;
  readonly #createBriefing: (announcement: string) => EdgeParticipant;
  readonly #clock: Clock;
  readonly #events: Emitter<AgentSessionEvents>;
  readonly #timeline: MediaTimeline;
  readonly #timeLimit: MediaTimer;
  readonly #echo = new EchoDetector();
  readonly #telemetry: SessionTelemetry | undefined;
  readonly #engine: AgentEngine;
  readonly #over = new AbortController();
  #subscriptions: Unsubscribe[] = [];
  #connection: EdgeConnection | undefined;
  #publisher: AudioPublisher | undefined;
  #phone: AttachedPhone | undefined;
  /** What comes from the phone is not the caller. */
  #isHeld = false;
  #isClosed = false;
  #closed: Promise<void> = Promise.resolve();

  /**
   * For `VoiceAgent`; nothing happens before {@link open}.
   *
   * @param createBriefing Makes who talks to the target of a warm transfer.
   */
  constructor(
    factory: EngineFactory,
    context: EdgeParticipantContext,
    createBriefing: (announcement: string) => EdgeParticipant,
  ) {
    const { call, clock, logger, telemetry } = context;
    this.call = call;
    this.#settings = factory.settings;
    this.#context = context;
    this.#createBriefing = createBriefing;
    this.#clock = clock;
    this.#events = new Emitter((error) =>
      logger.error({ callId: call.id, error }, 'A listener of the agent session failed'),
    );
    this.#timeline = new MediaTimeline(clock);
    this.#timeLimit = new MediaTimer(clock, this.#timeline);
    this.record = new ConversationRecord(call, this.#events);
    this.#telemetry =
      telemetry &&
      new SessionTelemetry(telemetry, clock, call, this.#events, (mediaMs) =>
        this.#timeline.clockAt(mediaMs),
      );
    this.#engine = factory.create({
      call,
      session: this,
      clock,
      logger,
      timeline: this.#timeline,
      events: this.#events,
      echo: this.#echo,
      signal: this.#over.signal,
    });
  }

  get state(): AgentState {
    return this.#engine.state;
  }

  get transcript(): readonly TranscriptEntry[] {
    return this.#engine.transcript;
  }

  on<Name extends keyof AgentSessionEvents>(
    name: Name,
    listener: (event: AgentSessionEvents[Name]) => void,
  ): Unsubscribe {
    return this.#events.on(name, listener);
  }

  say(text: string): AgentSpeech {
    return this.#engine.say(text);
  }

  respond(instructions: string): AgentSpeech {
    return this.#engine.respond(instructions);
  }

  receiveText(text: string): void {
    this.#engine.receiveText(text);
  }

  async hangUp(options: { readonly afterPlayout?: boolean | undefined } = {}): Promise<void> {
    if (options.afterPlayout ?? true) await this.#engine.whenIdle();
    await this.call.end('agent-hung-up');
  }

  whenHeard(): Promise<void> {
    return this.#engine.whenHeard();
  }

  collectDigits(options: CollectDigitsOptions = {}): Promise<CollectedDigits> {
    return this.#engine.collectDigits(options);
  }

  turnFinished(): Promise<void> {
    return this.#engine.whenIdle();
  }

  leaveMessage(machine: AnsweringMachine): Promise<void> {
    return this.#engine.leaveMessage(machine);
  }

  createBriefing(announcement: string): EdgeParticipant {
    return this.#createBriefing(announcement);
  }

  /** For `VoiceAgent`: joins, and opens all that is needed, at the same time, while the phone rings. */
  async open(edgeCall: EdgeCall): Promise<void> {
    const { signal } = this.#context;
    try {
      signal.throwIfAborted();
      signal.addEventListener('abort', this.#callEnded, { once: true });
      const opening = Promise.all([this.#join(edgeCall), this.#engine.open()]);
      await untilAborted(opening, this.#over.signal);
      this.#engine.greet();
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
    this.#engine.attached(phone.bridge);
    this.#limitTime();
    for (const frame of phone.backlog) this.#engine.receive(frame);
    this.#timeline.changeSource();
    this.#subscriptions.push(
      connection.onAudio((frame, source) => {
        if (source.id !== phone.userId) return;
        if (this.#isHeld) {
          this.#timeline.place(frame);
          return;
        }
        this.#echo.received(frame.samples, this.#clock.now());
        this.#engine.receive(frame);
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
    this.#timeLimit.cancel();
    const engineClosed = this.#engine.close();
    this.#publisher?.close();
    this.#over.abort(signal.aborted ? signal.reason : new CallEndedError('The agent has left.'));
    const freed = await Promise.allSettled([engineClosed, this.#connection?.leave()]);
    for (const result of freed) {
      if (result.status === 'fulfilled') continue;
      const fields = { callId: this.call.id, error: result.reason as unknown };
      logger.warn(fields, 'The agent did not leave cleanly');
    }
    this.#telemetry?.end(this.call.endInfo?.error);
    this.record.end();
    this.#events.clear();
  }

  async #join(edgeCall: EdgeCall): Promise<void> {
    const { userId, name } = this.#settings;
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
    this.#publisher = new AudioPublisher(connection, this.#clock, (samples, playedAtMs) =>
      this.#echo.sent(samples, playedAtMs),
    );
    this.#subscriptions.push(
      connection.on('connection-closed', (closed) => this.#connectionClosed(closed)),
      this.call.on('digit-received', ({ digit }) => {
        if (!this.#isHeld) this.#engine.receiveDigit(digit);
      }),
      this.call.on('call-held', () => this.#hold(true)),
      this.call.on('call-resumed', () => this.#hold(false)),
    );
    await this.#engine.joined(this.#publisher);
  }

  #hold(isHeld: boolean): void {
    if (isHeld === this.#isHeld || this.#isClosed) return;
    this.#isHeld = isHeld;
    this.#engine.isHeld = isHeld;
  }

  #limitTime(): void {
    const { timeLimit } = this.#settings;
    if (!timeLimit) return;
    this.#timeLimit.set(this.#timeline.now() + timeLimit.afterMs, () => {
      const goodbye = this.#engine.sayLast(timeLimit.goodbye);
      void goodbye.finished.then(() => this.call.end('max-duration-reached'));
    });
  }

  #connectionClosed({ reason, error }: EdgeConnectionClosed): void {
    if (reason === 'lost') void this.call.end('edge-failed', { error });
    void this.close();
  }
}
