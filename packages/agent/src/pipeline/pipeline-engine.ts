import type { AnsweringMachine, AudioFrame, PhoneBridge } from '@phone-agents/core';
import { PhoneAgentError } from '@phone-agents/core';
import type { AgentEngine, EngineContext } from '../agent-engine.ts';
import { Answerer } from './answerer.ts';
import { Conversation } from '../conversation.ts';
import { Dialogue } from './dialogue.ts';
import { CallerListener } from '../listening/caller-listener.ts';
import type { CollectDigitsOptions, CollectedDigits } from '../digit-input.ts';
import type { AgentState, TranscriptEntry } from '../session-events.ts';
import { AGENT_SAMPLE_RATE } from '../session.ts';
import type { AudioPublisher } from '../speaking/audio-publisher.ts';
import { givenSentences } from '../speaking/reply-sentences.ts';
import { splitSentences } from '../speaking/sentence-splitter.ts';
import { Speaker } from '../speaking/speaker.ts';
import type { SpeechCache } from '../speaking/speech-cache.ts';
import type { AgentSpeech, PreparedSentence, SpeechJob } from '../speaking/utterance.ts';
import { Voice } from '../speaking/voice.ts';
import { createThinker } from '../thinking/create-thinker.ts';
import type { Thinker } from '../thinking/thinker.ts';
import type { VoiceAgentSettings } from '../voice-agent-settings.ts';
import { likelyPhrases } from '../voice-agent-settings.ts';

/** A recogniser, a model and a synthesiser in one call. */
export class PipelineEngine implements AgentEngine {
  readonly #settings: VoiceAgentSettings;
  readonly #cache: SpeechCache;
  readonly #context: EngineContext;
  readonly #listener: CallerListener | undefined;
  readonly #prepared = new Map<string, Int16Array>();
  readonly #conversation: Conversation;
  #speaker: Speaker | undefined;
  #dialogue: Dialogue | undefined;
  #answerer: Answerer | undefined;
  #isClosed = false;

  constructor(settings: VoiceAgentSettings, cache: SpeechCache, context: EngineContext) {
    this.#settings = settings;
    this.#cache = cache;
    this.#context = context;
    this.#conversation = new Conversation(settings.disclosure, (entry) =>
      context.events.emit('transcript-added', entry),
    );
    if (settings.hearing) this.#listener = this.#createListener(settings.hearing);
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
    await Promise.all([this.#listener?.open(), this.#render()]);
  }

  async joined(publisher: AudioPublisher): Promise<void> {
    const speaker = this.#createSpeaker(publisher);
    this.#speaker = speaker;
    const { instructions } = this.#settings;
    const { call, session, clock, logger, timeline, signal } = this.#context;
    const [thinker, instructionText] = await Promise.all([
      createThinker(this.#settings, {
        session,
        clock,
        logger,
        mediaNow: () => timeline.now(),
        signal,
      }),
      typeof instructions === 'function' ? instructions({ call }) : instructions,
    ]);
    this.#converse(speaker, thinker, instructionText);
  }

  greet(): void {
    const { greeting, protectGreeting } = this.#settings;
    if (greeting.length === 0 || this.#isClosed) return;
    this.#speak(greeting, { kind: 'greeting', isProtected: protectGreeting });
  }

  attached(bridge: PhoneBridge): void {
    this.#speaker?.attach(bridge);
    this.#dialogue?.floor.attached();
  }

  receive(frame: AudioFrame): void {
    this.#listener?.receive(frame);
  }

  receiveDigit(digit: string): void {
    this.#dialogue?.floor.receiveDigit(digit);
  }

  say(text: string): AgentSpeech {
    const { replyTimeoutMs: timeoutMs } = this.#settings;
    return this.#speak(splitSentences(text), { kind: 'announcement', timeoutMs });
  }

  sayLast(text: string): AgentSpeech {
    this.#dialogue!.floor.interrupt();
    return this.#speak(splitSentences(text), { kind: 'announcement', isProtected: true });
  }

  respond(instructions: string): AgentSpeech {
    if (this.#settings.thinking.kind !== 'model') {
      throw new PhoneAgentError(
        'model_missing',
        'Only an agent with a `model` can think something up; use say() instead.',
      );
    }
    const speech = this.#answerer!.obey(instructions);
    this.#dialogue?.floor.update();
    return speech;
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
    const sentences = splitSentences(message);
    await this.#speak(sentences, { kind: 'announcement', isProtected: true }).finished;
  }

  async whenHeard(): Promise<void> {
    await this.#answerer?.whenPlaced();
    await this.#speaker?.whenHeard();
  }

  async whenIdle(): Promise<void> {
    await this.#speaker?.whenIdle();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#speaker?.close();
    this.#dialogue?.close();
    await this.#listener?.close();
  }

  #createListener(hearing: NonNullable<VoiceAgentSettings['hearing']>): CallerListener {
    const { endOfTurnSilenceMs, maxTurnMs, recognitionTimeoutMs } = this.#settings;
    const { call, clock, logger, signal, timeline } = this.#context;
    return new CallerListener({
      ...hearing,
      phrases: likelyPhrases(this.#settings),
      clock,
      logger,
      callId: call.id,
      signal,
      timeline,
      endOfTurnSilenceMs,
      maxTurnMs,
      recognitionTimeoutMs,
      onSpeechContinued: (startMs, untilMs) => this.#dialogue?.speechContinued(startMs, untilMs),
      onPaused: (silentMs) => this.#dialogue?.paused(silentMs),
      onInterim: (text) => this.#dialogue?.floor.wordsCame(text),
      onTurnEndLikely: (text) => this.#dialogue?.turnEndLikely(text),
      onTurnEnded: (turn) => this.#dialogue?.turnEnded(turn),
      onLost: (error) => void call.end('agent-failed', { error }),
    });
  }

  #createSpeaker(publisher: AudioPublisher): Speaker {
    const { userId, tts, fallbackTts, speakable, speechTimeoutMs } = this.#settings;
    const { call, clock, logger, timeline } = this.#context;
    return new Speaker({
      publisher,
      voice: new Voice({
        tts,
        fallbackTts,
        speakable,
        sampleRate: AGENT_SAMPLE_RATE,
        timeoutMs: speechTimeoutMs,
        clock,
        logger,
        callId: call.id,
      }),
      sampleRate: AGENT_SAMPLE_RATE,
      userId,
      clock,
      mediaNow: () => timeline.now(),
      onChanged: () => this.#dialogue?.floor.update(),
      onAudible: (untilMs) => this.#dialogue?.floor.audible(untilMs),
      onFinished: (utterance) => this.#dialogue?.speechFinished(utterance),
    });
  }

  #converse(speaker: Speaker, thinker: Thinker, instructions: string): void {
    const { call, clock, logger, timeline, events, echo } = this.#context;
    const shared = {
      call,
      clock,
      conversation: this.#conversation,
      speaker,
      fixedSentence: (text: string) => this.#fixedSentence(text),
    };
    this.#answerer = new Answerer({
      ...shared,
      thinker,
      instructions,
      onMeasured: (measurement) => events.emit('turn-measured', measurement),
      onToolCallEnded: (ended) => events.emit('tool-call-ended', ended),
    });
    this.#dialogue = new Dialogue({
      ...shared,
      settings: this.#settings,
      logger,
      timeline,
      events,
      answerer: this.#answerer,
      hearing: this.#listener,
      echo,
    });
  }

  async #render(): Promise<void> {
    const { fixedSentences, tts } = this.#settings;
    await tts.prepare?.();
    await Promise.all(
      fixedSentences.map(async (text) => this.#prepared.set(text, await this.#cache.get(text))),
    );
  }

  #speak(texts: readonly string[], job: Omit<SpeechJob, 'sentences'>): AgentSpeech {
    const sentences = texts.map((text) => this.#fixedSentence(text));
    return this.#dialogue!.speak({ ...job, sentences: () => givenSentences(sentences) });
  }

  #fixedSentence(text: string): PreparedSentence {
    return { text, samples: this.#prepared.get(text) };
  }
}
