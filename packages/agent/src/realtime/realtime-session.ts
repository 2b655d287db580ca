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
  PhoneCall,
  Unsubscribe,
} from '@phone-agents/core';
import { CallEndedError, Emitter } from '@phone-agents/core';
import { untilAborted } from '../abortable.ts';
import type { CollectDigitsOptions, CollectedDigits } from '../digit-input.ts';
import { DigitInput } from '../digit-input.ts';
import { MediaTimeline } from '../listening/media-timeline.ts';
import type { RealtimeConnection } from '../realtime-model.ts';
import { ConversationRecord } from '../record/conversation-record.ts';
import { SessionTelemetry } from '../record/session-telemetry.ts';
import type { AgentSessionEvents, AgentState, TranscriptEntry } from '../session-events.ts';
import type { AgentSession } from '../session.ts';
import { AGENT_SAMPLE_RATE } from '../session.ts';
import { AudioPublisher } from '../speaking/audio-publisher.ts';
import type { SpeechCache } from '../speaking/speech-renderer.ts';
import type { AgentSpeech } from '../speaking/utterance.ts';
import { RateConverter } from './rate-converter.ts';
import { RealtimeDialogue } from './realtime-dialogue.ts';
import type { RealtimeAgentSettings } from './realtime-options.ts';
import { RealtimeRecord } from './realtime-record.ts';
import { RealtimeSpeaker } from './realtime-speaker.ts';
import { RealtimeTools } from './realtime-tools.ts';
import { SpeechJudge } from './speech-judge.ts';

/** An agent with a realtime model in one call. Made by `VoiceAgent.join`. */
export class RealtimeSession implements AgentSession {
  readonly call: PhoneCall;
  readonly record: ConversationRecord;
  readonly #settings: RealtimeAgentSettings;
  readonly #cache: SpeechCache | undefined;
  readonly #context: EdgeParticipantContext;
  readonly #clock: Clock;
  readonly #events: Emitter<AgentSessionEvents>;
  readonly #telemetry: SessionTelemetry | undefined;
  readonly #timeline: MediaTimeline;
  readonly #said: RealtimeRecord;
  readonly #judge: SpeechJudge | undefined;
  readonly #toModel: RateConverter;
  readonly #modelFrame: { -readonly [K in keyof AudioFrame]: AudioFrame[K] };
  readonly #rendered = new Map<string, Int16Array>();
  readonly #digits: DigitInput;
  readonly #createBriefing: (announcement: string) => EdgeParticipant;
  readonly #over = new AbortController();
  #subscriptions: Unsubscribe[] = [];
  #connection: EdgeConnection | undefined;
  #publisher: AudioPublisher | undefined;
  #speaker: RealtimeSpeaker | undefined;
  #dialogue: RealtimeDialogue | undefined;
  #model: RealtimeConnection | undefined;
  #phone: AttachedPhone | undefined;
  #writtenMs = 0;
  /** Media time minus the model's own time. */
  #modelOffsetMs = 0;
  /** What comes from the phone is not the caller. */
  #isHeld = false;
  #isClosed = false;
  #closed: Promise<void> = Promise.resolve();

  /** For `VoiceAgent`; nothing happens before {@link open}. */
  constructor(
    settings: RealtimeAgentSettings,
    cache: SpeechCache | undefined,
    context: EdgeParticipantContext,
    createBriefing: (announcement: string) => EdgeParticipant,
  ) {
    const { call, clock, logger, telemetry } = context;
    this.call = call;
    this.#settings = settings;
    this.#cache = cache;
    this.#createBriefing = createBriefing;
    this.#context = context;
    this.#clock = clock;
    this.#events = new Emitter((error) =>
      logger.error({ callId: call.id, error }, 'A listener of the agent session failed'),
    );
    this.record = new ConversationRecord(call, this.#events);
    this.#timeline = new MediaTimeline(clock);
    if (telemetry) {
      this.#telemetry = new SessionTelemetry(telemetry, clock, call, this.#events, (mediaMs) =>
        this.#timeline.clockAt(mediaMs),
      );
    }
    this.#said = new RealtimeRecord(settings.disclosure, (entry) =>
      this.#events.emit('transcript-added', entry),
    );
    this.#digits = new DigitInput({
      clock,
      pauseMs: settings.digitPauseMs,
      onFirst: () => this.#dialogue?.interruptByHand('digit'),
      onDigits: (digits) => this.#dialogue?.receiveWritten('digit', digits),
      onChanged: () => {},
    });
    const { inputSampleRate } = settings.realtime;
    this.#toModel = new RateConverter(inputSampleRate);
    this.#modelFrame = {
      samples: new Int16Array(0),
      sampleRate: inputSampleRate,
      timestampSamples: 0,
    };
    if (!settings.vad) return;
    this.#judge = new SpeechJudge({
      vad: settings.vad,
      logger,
      callId: call.id,
      onSpeech: (startMs, untilMs) => this.#dialogue?.heardSpeech(startMs, untilMs),
    });
  }

  get state(): AgentState {
    return this.#dialogue?.state ?? 'listening';
  }

  get transcript(): readonly TranscriptEntry[] {
    return this.#said.entries;
  }

  on<Name extends keyof AgentSessionEvents>(
    name: Name,
    listener: (event: AgentSessionEvents[Name]) => void,
  ): Unsubscribe {
    return this.#events.on(name, listener);
  }

  say(text: string): AgentSpeech {
    return this.#dialogue!.say(text);
  }

  respond(instructions: string): AgentSpeech {
    return this.#dialogue!.obey(instructions);
  }

  receiveText(text: string): void {
    this.#dialogue?.receiveWritten('text', text);
  }

  async hangUp(options: { readonly afterPlayout?: boolean | undefined } = {}): Promise<void> {
    if (options.afterPlayout ?? true) await this.turnFinished();
    await this.call.end('agent-hung-up');
  }

  async whenHeard(): Promise<void> {
    await this.#speaker?.whenHeard();
  }

  collectDigits(options: CollectDigitsOptions = {}): Promise<CollectedDigits> {
    return this.#digits.collect(options, this.whenHeard());
  }

  async turnFinished(): Promise<void> {
    await this.#dialogue?.whenIdle();
  }

  async leaveMessage({ message, greetingEnded }: AnsweringMachine): Promise<void> {
    if (this.#dialogue) this.#dialogue.isDeaf = true;
    await greetingEnded;
    if (!this.#isClosed) await this.#dialogue?.say(message).finished;
  }

  createBriefing(announcement: string): EdgeParticipant {
    return this.#createBriefing(announcement);
  }

  /** For `VoiceAgent`: joins, connects the model and has the greeting made, while the phone rings. */
  async open(edgeCall: EdgeCall): Promise<void> {
    const { signal } = this.#context;
    try {
      signal.throwIfAborted();
      signal.addEventListener('abort', this.#callEnded, { once: true });
      const opening = Promise.all([
        this.#join(edgeCall).then(() => this.#converse()),
        this.#judge?.open(),
        this.#renderFixed(),
      ]);
      await untilAborted(opening, this.#over.signal);
      if (this.#settings.greeting !== '') this.#dialogue?.say(this.#settings.greeting, 'greeting');
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
    this.#dialogue?.attached();
    this.#speaker?.attach(phone.bridge);
    for (const frame of phone.backlog) this.#receive(frame);
    this.#timeline.changeSource();
    this.#subscriptions.push(
      connection.onAudio((frame, source) => {
        if (source.id === phone.userId) this.#receive(frame);
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
    this.#dialogue?.close();
    this.#digits.close();
    this.#publisher?.close();
    this.#over.abort(signal.aborted ? signal.reason : new CallEndedError('The agent has left.'));
    const freed = await Promise.allSettled([
      this.#model?.close(),
      this.#judge?.close(),
      this.#connection?.leave(),
    ]);
    for (const result of freed) {
      if (result.status === 'fulfilled') continue;
      const fields = { callId: this.call.id, error: result.reason as unknown };
      logger.warn(fields, 'The agent did not leave cleanly');
    }
    this.record.end();
    this.#telemetry?.end(this.call.endInfo?.error);
    this.#events.clear();
  }

  async #join(edgeCall: EdgeCall): Promise<void> {
    const { userId, name, realtime } = this.#settings;
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
    this.#speaker = new RealtimeSpeaker({
      publisher: this.#publisher,
      modelRate: realtime.outputSampleRate,
      sampleRate: AGENT_SAMPLE_RATE,
      userId,
      clock: this.#clock,
      mediaNow: () => this.#timeline.now(),
      onStarted: (speech) => this.#dialogue?.speechStarted(speech),
      onHeard: (speech) => this.#dialogue?.speechHeard(speech),
      onFinished: (speech) => this.#dialogue?.speechFinished(speech),
    });
    this.#subscriptions.push(
      connection.on('connection-closed', (closed) => this.#connectionClosed(closed)),
      this.call.on('digit-received', ({ digit }) => {
        if (!this.#isHeld) this.#digits.receive(digit);
      }),
      this.call.on('call-held', () => this.#hold(true)),
      this.call.on('call-resumed', () => this.#hold(false)),
    );
  }

  /** Connects the model, which gets its instructions and its tools. */
  async #converse(): Promise<void> {
    const speaker = this.#speaker;
    if (!speaker) return;
    const { realtime, instructions } = this.#settings;
    const { logger } = this.#context;
    const [tools, instructionText] = await Promise.all([
      this.#createTools(),
      typeof instructions === 'function' ? instructions({ call: this.call }) : instructions,
    ]);
    if (this.#isClosed) return;
    const dialogue = new RealtimeDialogue({
      call: this.call,
      clock: this.#clock,
      logger,
      settings: this.#settings,
      instructions: instructionText,
      timeline: this.#timeline,
      events: this.#events,
      record: this.#said,
      speaker,
      tools,
      onTurn: () => this.#digits.callerSpoke(),
      hasJudge: () => this.#judge?.isListening ?? false,
      toMediaMs: (inputMs) => inputMs + this.#modelOffsetMs,
      rendered: (text) => this.#rendered.get(text),
    });
    this.#dialogue = dialogue;
    const model = await realtime.connect({
      instructions: instructionText,
      tools: tools.definitions,
      onEvent: (event) => dialogue.receive(event),
      history: () => this.#said.history(speaker.current),
      signal: this.#over.signal,
      clock: this.#clock,
      logger,
    });
    if (this.#isClosed) await model.close();
    else {
      this.#model = model;
      dialogue.connected(model);
    }
  }

  async #createTools(): Promise<RealtimeTools> {
    const { tools, toolTimeoutMs } = this.#settings;
    const { signal } = this.#over;
    const context = {
      call: this.call,
      session: this,
      signal,
      say: (text: string) => void this.say(text),
    };
    return RealtimeTools.create({
      tools: typeof tools === 'function' ? await tools(context) : tools,
      timeoutMs: toolTimeoutMs,
      clock: this.#clock,
      mediaNow: () => this.#timeline.now(),
      history: () => this.#said.history(undefined),
      signal,
    });
  }

  async #renderFixed(): Promise<void> {
    const { holdOn, failed } = this.#settings.apology;
    await Promise.all(
      [holdOn, failed].map(async (text) => {
        const samples = await this.#cache?.get(text);
        if (samples) this.#rendered.set(text, samples);
      }),
    );
  }

  /** One frame of the caller's; borrowed. */
  #receive(frame: AudioFrame): void {
    if (this.#isClosed) return;
    const startMs = this.#timeline.place(frame);
    if (this.#isHeld) return;
    this.#modelOffsetMs = startMs - this.#writtenMs;
    const toModel = this.#modelFrame;
    toModel.samples = this.#toModel.convert(frame);
    toModel.timestampSamples = Math.round((this.#writtenMs * toModel.sampleRate) / 1000);
    this.#writtenMs += (frame.samples.length * 1000) / frame.sampleRate;
    this.#model?.write(toModel);
    this.#judge?.receive(frame, startMs);
  }

  #hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    if (this.#dialogue) this.#dialogue.isDeaf = isHeld;
  }

  #connectionClosed({ reason, error }: EdgeConnectionClosed): void {
    if (reason === 'lost') void this.call.end('edge-failed', { error });
    void this.close();
  }
}
