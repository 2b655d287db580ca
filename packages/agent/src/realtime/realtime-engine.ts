import type { AnsweringMachine, AudioFrame, PhoneBridge } from '@phone-agents/core';
import type { AgentEngine, EngineContext } from '../agent-engine.ts';
import type { CollectDigitsOptions, CollectedDigits } from '../digit-input.ts';
import { DigitInput } from '../digit-input.ts';
import { RateConverter } from '../listening/rate-converter.ts';
import type { RealtimeConnection } from '../realtime-model.ts';
import type { AgentState, TranscriptEntry } from '../session-events.ts';
import { AGENT_SAMPLE_RATE } from '../session.ts';
import type { AudioPublisher } from '../speaking/audio-publisher.ts';
import type { SpeechCache } from '../speaking/speech-renderer.ts';
import type { AgentSpeech } from '../speaking/utterance.ts';
import { RealtimeDialogue } from './realtime-dialogue.ts';
import type { RealtimeAgentSettings } from './realtime-options.ts';
import { RealtimeRecord } from './realtime-record.ts';
import { RealtimeSpeaker } from './realtime-speaker.ts';
import { RealtimeTools } from './realtime-tools.ts';
import { SpeechJudge } from './speech-judge.ts';

/** A model that hears and speaks by itself, in one call. */
export class RealtimeEngine implements AgentEngine {
  readonly #settings: RealtimeAgentSettings;
  readonly #cache: SpeechCache | undefined;
  readonly #context: EngineContext;
  readonly #said: RealtimeRecord;
  readonly #judge: SpeechJudge | undefined;
  readonly #toModel: RateConverter;
  readonly #modelFrame: { -readonly [K in keyof AudioFrame]: AudioFrame[K] };
  readonly #rendered = new Map<string, Int16Array>();
  readonly #digits: DigitInput;
  #speaker: RealtimeSpeaker | undefined;
  #dialogue: RealtimeDialogue | undefined;
  #model: RealtimeConnection | undefined;
  #writtenMs = 0;
  /** Media time minus the model's own time. */
  #modelOffsetMs = 0;
  #isClosed = false;

  constructor(
    settings: RealtimeAgentSettings,
    cache: SpeechCache | undefined,
    context: EngineContext,
  ) {
    const { call, clock, logger, events } = context;
    this.#settings = settings;
    this.#cache = cache;
    this.#context = context;
    this.#said = new RealtimeRecord(settings.disclosure, (entry) =>
      events.emit('transcript-added', entry),
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

  set isHeld(isHeld: boolean) {
    if (this.#dialogue) this.#dialogue.isDeaf = isHeld;
  }

  async open(): Promise<void> {
    await Promise.all([this.#judge?.open(), this.#renderFixed()]);
  }

  /** Connects the model, which gets its instructions and its tools. */
  async joined(publisher: AudioPublisher): Promise<void> {
    const speaker = this.#createSpeaker(publisher);
    this.#speaker = speaker;
    const { realtime, instructions } = this.#settings;
    const { call, clock, logger, signal, timeline, events } = this.#context;
    const [tools, instructionText] = await Promise.all([
      this.#createTools(),
      typeof instructions === 'function' ? instructions({ call }) : instructions,
    ]);
    if (this.#isClosed) return;
    const dialogue = new RealtimeDialogue({
      call,
      clock,
      logger,
      settings: this.#settings,
      instructions: instructionText,
      timeline,
      events,
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
      signal,
      clock,
      logger,
    });
    if (this.#isClosed) await model.close();
    else {
      this.#model = model;
      dialogue.connected(model);
    }
  }

  greet(): void {
    const { greeting } = this.#settings;
    if (greeting !== '') this.#dialogue?.say(greeting, 'greeting');
  }

  attached(bridge: PhoneBridge): void {
    this.#dialogue?.attached();
    this.#speaker?.attach(bridge);
  }

  receive(frame: AudioFrame): void {
    if (this.#isClosed) return;
    const startMs = this.#context.timeline.place(frame);
    this.#modelOffsetMs = startMs - this.#writtenMs;
    const toModel = this.#modelFrame;
    toModel.samples = this.#toModel.convert(frame);
    toModel.timestampSamples = Math.round((this.#writtenMs * toModel.sampleRate) / 1000);
    this.#writtenMs += (frame.samples.length * 1000) / frame.sampleRate;
    this.#model?.write(toModel);
    this.#judge?.receive(frame, startMs);
  }

  receiveDigit(digit: string): void {
    this.#digits.receive(digit);
  }

  say(text: string): AgentSpeech {
    return this.#dialogue!.say(text);
  }

  sayLast(text: string): AgentSpeech {
    return this.#dialogue!.say(text);
  }

  respond(instructions: string): AgentSpeech {
    return this.#dialogue!.obey(instructions);
  }

  receiveText(text: string): void {
    this.#dialogue?.receiveWritten('text', text);
  }

  collectDigits(options: CollectDigitsOptions): Promise<CollectedDigits> {
    return this.#digits.collect(options, this.whenHeard());
  }

  async leaveMessage({ message, greetingEnded }: AnsweringMachine): Promise<void> {
    if (this.#dialogue) this.#dialogue.isDeaf = true;
    await greetingEnded;
    if (!this.#isClosed) await this.#dialogue?.say(message).finished;
  }

  async whenHeard(): Promise<void> {
    await this.#speaker?.whenHeard();
  }

  async whenIdle(): Promise<void> {
    await this.#dialogue?.whenIdle();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#speaker?.close();
    this.#dialogue?.close();
    this.#digits.close();
    await Promise.all([this.#model?.close(), this.#judge?.close()]);
  }

  #createSpeaker(publisher: AudioPublisher): RealtimeSpeaker {
    const { userId, realtime } = this.#settings;
    const { clock, timeline } = this.#context;
    return new RealtimeSpeaker({
      publisher,
      modelRate: realtime.outputSampleRate,
      sampleRate: AGENT_SAMPLE_RATE,
      userId,
      clock,
      mediaNow: () => timeline.now(),
      onStarted: (speech) => this.#dialogue?.speechStarted(speech),
      onHeard: (speech) => this.#dialogue?.speechHeard(speech),
      onFinished: (speech) => this.#dialogue?.speechFinished(speech),
    });
  }

  async #createTools(): Promise<RealtimeTools> {
    const { tools, toolTimeoutMs } = this.#settings;
    const { call, session, signal, clock, timeline } = this.#context;
    const say = (text: string): void => void session.say(text);
    return RealtimeTools.create({
      tools: typeof tools === 'function' ? await tools({ call, session, signal, say }) : tools,
      timeoutMs: toolTimeoutMs,
      clock,
      mediaNow: () => timeline.now(),
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
}
