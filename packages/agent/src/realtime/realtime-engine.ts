import type { AnsweringMachine, AudioFrame, PhoneBridge } from '@phone-agents/core';
import type { AgentEngine, EngineContext } from '../agent-engine.ts';
import type { CollectDigitsOptions, CollectedDigits } from '../digit-input.ts';
import { Conversation } from '../conversation.ts';
import { RateConverter } from '../listening/rate-converter.ts';
import type { RealtimeConnection } from '../realtime-model.ts';
import type { AgentState, TranscriptEntry } from '../session-events.ts';
import { AGENT_SAMPLE_RATE } from '../session.ts';
import type { AudioPublisher } from '../speaking/audio-publisher.ts';
import type { SpeechCache } from '../speaking/speech-cache.ts';
import { Speaker } from '../speaking/speaker.ts';
import type { AgentSpeech } from '../speaking/utterance.ts';
import { conversationSoFar } from './conversation-so-far.ts';
import { RealtimeDialogue } from './realtime-dialogue.ts';
import type { RealtimeAgentSettings } from './realtime-options.ts';
import { RealtimeTools } from './realtime-tools.ts';
import { SpeechJudge } from './speech-judge.ts';

/** A model that hears and speaks by itself, in one call. */
export class RealtimeEngine implements AgentEngine {
  readonly #settings: RealtimeAgentSettings;
  readonly #cache: SpeechCache;
  readonly #context: EngineContext;
  readonly #conversation: Conversation;
  readonly #judge: SpeechJudge | undefined;
  readonly #toModel: RateConverter;
  readonly #modelFrame: { -readonly [K in keyof AudioFrame]: AudioFrame[K] };
  readonly #rendered = new Map<string, Int16Array>();
  #speaker: Speaker | undefined;
  #dialogue: RealtimeDialogue | undefined;
  #model: RealtimeConnection | undefined;
  #writtenMs = 0;
  /** Media time minus the model's own time. */
  #modelOffsetMs = 0;
  #isClosed = false;

  constructor(settings: RealtimeAgentSettings, cache: SpeechCache, context: EngineContext) {
    const { call, logger, events } = context;
    this.#settings = settings;
    this.#cache = cache;
    this.#context = context;
    this.#conversation = new Conversation(settings.disclosure, (entry) =>
      events.emit('transcript-added', entry),
    );
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
      onSilence: (atMs) => this.#dialogue?.heardSilence(atMs),
    });
  }

  get state(): AgentState {
    return this.#dialogue?.floor.state ?? 'listening';
  }

  get transcript(): readonly TranscriptEntry[] {
    return this.#conversation.entries;
  }

  set isHeld(isHeld: boolean) {
    if (this.#dialogue) this.#dialogue.floor.isHeld = isHeld;
  }

  async open(): Promise<void> {
    // A voice of its own is soon there; the model's may take until the call is over.
    const rendered = this.#settings.tts ? this.#render() : undefined;
    await Promise.all([this.#judge?.open(), rendered]);
  }

  /** Connects the model, which gets its instructions and its tools. */
  async joined(publisher: AudioPublisher): Promise<void> {
    const speaker = this.#createSpeaker(publisher);
    this.#speaker = speaker;
    const { realtime, instructions } = this.#settings;
    const { call, clock, logger, signal } = this.#context;
    const [tools, instructionText] = await Promise.all([
      this.#createTools(),
      typeof instructions === 'function' ? instructions({ call }) : instructions,
    ]);
    if (this.#isClosed) return;
    const dialogue = new RealtimeDialogue({
      ...this.#context,
      settings: this.#settings,
      instructions: instructionText,
      conversation: this.#conversation,
      speaker,
      tools,
      hasJudge: () => this.#judge?.isListening ?? false,
      toMediaMs: (inputMs) => inputMs + this.#modelOffsetMs,
      fixedSentence: (text) => ({ text, samples: this.#rendered.get(text) }),
    });
    this.#dialogue = dialogue;
    const model = await realtime.connect({
      instructions: instructionText,
      tools: tools.definitions,
      onEvent: (event) => dialogue.receive(event),
      history: () => conversationSoFar(this.#conversation, speaker.current),
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
    const { greeting, protectGreeting, tts } = this.#settings;
    if (!tts) void this.#renderLater();
    if (greeting === '') return;
    this.#dialogue?.say(greeting, { kind: 'greeting', isProtected: protectGreeting });
  }

  attached(bridge: PhoneBridge): void {
    this.#speaker?.attach(bridge);
    this.#dialogue?.attached();
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
    this.#dialogue?.floor.receiveDigit(digit);
  }

  say(text: string): AgentSpeech {
    return this.#dialogue!.say(text, { kind: 'announcement' });
  }

  sayLast(text: string): AgentSpeech {
    return this.#dialogue!.sayLast(text);
  }

  respond(instructions: string): AgentSpeech {
    return this.#dialogue!.obey(instructions);
  }

  receiveText(text: string): void {
    this.#dialogue?.receiveWritten('text', text);
  }

  collectDigits(options: CollectDigitsOptions): Promise<CollectedDigits> {
    return (
      this.#dialogue?.floor.collectDigits(options, this.whenHeard()) ??
      Promise.resolve({ digits: '', endedBy: 'call-ended' as const })
    );
  }

  async leaveMessage({ message, greetingEnded }: AnsweringMachine): Promise<void> {
    this.#dialogue?.floor.machineAnswered();
    await greetingEnded;
    if (this.#isClosed) return;
    await this.#dialogue?.say(message, { kind: 'announcement', isProtected: true }).finished;
  }

  async whenHeard(): Promise<void> {
    await this.#speaker?.whenHeard();
  }

  async whenIdle(): Promise<void> {
    await this.#speaker?.whenIdle();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    // First, so that nothing is asked for again that is cut now.
    this.#dialogue?.close();
    this.#speaker?.close();
    await Promise.all([this.#model?.close(), this.#judge?.close()]);
  }

  #createSpeaker(publisher: AudioPublisher): Speaker {
    const { clock, timeline } = this.#context;
    return new Speaker({
      publisher,
      // All audio comes from the model, or was rendered beforehand.
      voice: undefined,
      sampleRate: AGENT_SAMPLE_RATE,
      userId: this.#settings.userId,
      clock,
      mediaNow: () => timeline.now(),
      onChanged: () => this.#dialogue?.floor.update(),
      onAudible: (untilMs) => this.#dialogue?.floor.audible(untilMs),
      onFinished: (utterance) => this.#dialogue?.speechFinished(utterance),
    });
  }

  async #createTools(): Promise<RealtimeTools> {
    const { tools, toolTimeoutMs } = this.#settings;
    const { call, session, signal, clock, timeline } = this.#context;
    // Tools that talk before there is a dialogue are made for each call, so they have not been called yet.
    const say = (text: string): void => this.#dialogue?.answers.sayWhileWorking(text);
    return RealtimeTools.create({
      tools: typeof tools === 'function' ? await tools({ call, session, signal, say }) : tools,
      timeoutMs: toolTimeoutMs,
      clock,
      mediaNow: () => timeline.now(),
      history: () => conversationSoFar(this.#conversation, undefined),
      signal,
    });
  }

  async #render(): Promise<void> {
    await Promise.all(
      this.#settings.fixedSentences.map(async (text) =>
        this.#rendered.set(text, await this.#cache.get(text)),
      ),
    );
  }

  async #renderLater(): Promise<void> {
    try {
      await this.#render();
    } catch (error) {
      const { logger, call } = this.#context;
      logger.warn({ callId: call.id, error }, 'The model has not rendered the fixed sentences');
    }
  }
}
