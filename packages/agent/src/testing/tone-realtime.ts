import type { AudioFrame, Clock, SampleRate } from '@phone-agents/core';
import { delay, systemClock } from '@phone-agents/core';
import type { VoiceActivityStream } from '../listening/voice-activity-detector.ts';
import type {
  RealtimeConnectOptions,
  RealtimeConnection,
  RealtimeEvent,
  RealtimeModel,
} from '../realtime-model.ts';
import { createEnergyDetector } from './energy-detector.ts';
import { decodeTones, encodeTones } from './tone-code.ts';

/** So much of what was written between turns is kept. */
const KEPT_FRAMES = 750;
/** Speech comes in pieces of this length, which fits no frame. */
const PIECE_MS = 130;

/** What a tone model is to answer. */
export interface ToneThought {
  /** The last thing that the caller said, or that a tool gave. */
  readonly text: string;
  /** Those of this answer alone; undefined where there are none. */
  readonly instructions: string | undefined;
}

/** What it makes of it: words, or a tool call. */
export type ToneReply =
  string | { readonly tool: string; readonly arguments: Readonly<Record<string, unknown>> };

/** Settings of {@link createToneRealtimeModel}; all have defaults. */
export interface ToneRealtimeOptions {
  /** Default 16,000. */
  readonly inputSampleRate?: SampleRate | undefined;
  /** Default 24,000. */
  readonly outputSampleRate?: SampleRate | undefined;
  /** Default false. */
  readonly answersItself?: boolean | undefined;
  /** Silence that ends a turn, in ms; default 400. */
  readonly silenceMs?: number | undefined;
  /** Whether it tells what the caller said; default true. */
  readonly transcribes?: boolean | undefined;
  /** For the delay below; default the machine's clock. */
  readonly clock?: Clock | undefined;
  /** Time until an answer begins; default 0. */
  readonly answerDelayMs?: number | undefined;
  /**
   * Thinks up the answers. Instructions of the form `Say exactly this…: words` are followed and do not
   * come here. Default `You said` and the words.
   */
  readonly think?: ((thought: ToneThought) => ToneReply | undefined) | undefined;
}

/** Something in the conversation, as the model remembers it. */
export interface ToneItem {
  readonly id: string;
  readonly role: 'caller' | 'agent' | 'tool';
  readonly text: string;
  /** How much of it was heard, where it was cut; undefined where it is whole. */
  readonly cutAtMs: number | undefined;
}

/** One call's conversation with a {@link ToneRealtimeModel}, from the model's side. */
export interface ToneConversation {
  readonly options: RealtimeConnectOptions;
  readonly items: readonly ToneItem[];
  /** Audio that came from the caller so far, in ms. */
  readonly heardMs: number;
  readonly isOpen: boolean;
  /** The connection is lost, and is there again when `restore` is called. */
  lose(): void;
  restore(): void;
  /** It is over for good. */
  fail(error: unknown): void;
  /** Nothing comes any more, in mid-answer too, until the connection is restored. */
  hang(): void;
  /** The caller is not heard any more, until the connection is restored. */
  deafen(): void;
  /** The next answer fails. */
  failAnswer(error: unknown): void;
}

/** Made by {@link createToneRealtimeModel}. */
export interface ToneRealtimeModel extends RealtimeModel {
  /** All conversations so far. */
  readonly conversations: readonly ToneConversation[];
}

/**
 * A realtime model for tests, whose words are tones: it truly hears the caller and truly speaks, in
 * the same way each time. It makes speech faster than it is heard, and remembers what it is told that
 * was heard.
 */
export function createToneRealtimeModel(options: ToneRealtimeOptions = {}): ToneRealtimeModel {
  const conversations: Conversation[] = [];
  return {
    inputSampleRate: options.inputSampleRate ?? 16_000,
    outputSampleRate: options.outputSampleRate ?? 24_000,
    answersItself: options.answersItself ?? false,
    conversations,
    connect: async (connectOptions) => {
      const conversation = new Conversation(options, connectOptions);
      await conversation.open();
      conversations.push(conversation);
      return conversation;
    },
  };
}

type MutableItem = { -readonly [K in keyof ToneItem]: ToneItem[K] };

class Conversation implements RealtimeConnection, ToneConversation {
  readonly options: RealtimeConnectOptions;
  readonly items: MutableItem[] = [];
  readonly #settings: ToneRealtimeOptions;
  readonly #inputRate: SampleRate;
  readonly #outputRate: SampleRate;
  readonly #clock: Clock;
  #vad: VoiceActivityStream | undefined;
  #turn: Int16Array[] = [];
  #speechEndMs: number | undefined;
  #inTurn = false;
  #writtenSamples = 0;
  #count = 0;
  /** Raised by every interruption and loss: what was asked before it does not come. */
  #epoch = 0;
  #answers: Promise<void> = Promise.resolve();
  #hangs = false;
  #isDeaf = false;
  #fault: { readonly error: unknown } | undefined;
  /** What the caller said while the connection was lost. */
  #kept: AudioFrame[] = [];
  #isLost = false;
  #isOpen = true;

  constructor(settings: ToneRealtimeOptions, options: RealtimeConnectOptions) {
    this.#settings = settings;
    this.options = options;
    this.#inputRate = settings.inputSampleRate ?? 16_000;
    this.#outputRate = settings.outputSampleRate ?? 24_000;
    this.#clock = settings.clock ?? systemClock;
    options.signal?.addEventListener('abort', () => void this.close(), { once: true });
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get heardMs(): number {
    return (this.#writtenSamples * 1000) / this.#inputRate;
  }

  async open(): Promise<void> {
    const toMs = 1000 / this.#inputRate;
    this.#vad = await createEnergyDetector({ sampleRate: this.#inputRate }).open({
      onActivity: ({ type, timestampSamples }) => {
        if (type === 'speech-ended') this.#speechEndMs = timestampSamples * toMs;
        else this.#speechStarted(timestampSamples * toMs);
      },
      onWindow: (endSamples) => {
        const endMs = this.#speechEndMs;
        const { silenceMs = 400 } = this.#settings;
        if (endMs !== undefined && endSamples * toMs - endMs >= silenceMs) this.#turnEnded(endMs);
      },
    });
  }

  write(frame: AudioFrame): void {
    if (frame.sampleRate !== this.#inputRate) {
      throw new RangeError(`This model takes ${this.#inputRate} Hz.`);
    }
    if (!this.#isOpen) return;
    if (this.#isLost) {
      this.#kept.push({ ...frame, samples: frame.samples.slice() });
      return;
    }
    if (this.#isDeaf) return;
    this.#turn.push(frame.samples.slice());
    // In a burst the next turn may have begun long before it is found.
    if (!this.#inTurn && this.#turn.length > KEPT_FRAMES) this.#turn.shift();
    this.#vad?.write({ ...frame, timestampSamples: this.#writtenSamples });
    this.#writtenSamples += frame.samples.length;
  }

  respond({ instructions }: { readonly instructions?: string | undefined } = {}): void {
    const epoch = this.#epoch;
    this.#answers = this.#answers.then(() => this.#answer(instructions, epoch));
  }

  addText(text: string): void {
    this.#add('caller', text);
  }

  sendToolResult(_callId: string, output: string): void {
    this.#add('tool', output);
  }

  interrupt(itemId: string | undefined, heardMs: number): void {
    this.#epoch++;
    const item = this.items.find(({ id }) => id === itemId);
    if (item) item.cutAtMs = heardMs;
  }

  discardTurn(itemId: string): void {
    const index = this.items.findIndex(({ id }) => id === itemId);
    if (index >= 0) this.items.splice(index, 1);
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    this.#epoch++;
    await this.#vad?.close();
  }

  lose(): void {
    this.#epoch++;
    this.#isLost = true;
    this.#emit({ type: 'connection-lost', error: new Error('The connection was lost.') });
  }

  restore(): void {
    this.#isLost = false;
    this.#hangs = false;
    this.#isDeaf = false;
    this.items.length = 0;
    for (const { role, text } of this.options.history?.() ?? []) this.#add(role, text);
    this.#emit({ type: 'connection-restored' });
    for (const frame of this.#kept.splice(0)) this.write(frame);
  }

  fail(error: unknown): void {
    this.#emit({ type: 'connection-closed', error });
    void this.close();
  }

  hang(): void {
    this.#hangs = true;
  }

  deafen(): void {
    this.#isDeaf = true;
  }

  failAnswer(error: unknown): void {
    this.#fault = { error };
  }

  #emit(event: RealtimeEvent): void {
    if (this.#isOpen) this.options.onEvent(event);
  }

  #nextId(kind: string): string {
    return `${kind}-${++this.#count}`;
  }

  #add(role: ToneItem['role'], text: string): MutableItem {
    const item = { id: this.#nextId('item'), role, text, cutAtMs: undefined };
    this.items.push(item);
    return item;
  }

  #speechStarted(startMs: number): void {
    this.#speechEndMs = undefined;
    if (this.#inTurn) return;
    this.#inTurn = true;
    this.#emit({ type: 'speech-started', inputMs: startMs });
  }

  #turnEnded(endMs: number): void {
    this.#speechEndMs = undefined;
    this.#inTurn = false;
    const text = decodeTones(concatenate(this.#turn), this.#inputRate);
    this.#turn = [];
    const { id } = this.#add('caller', text);
    this.#emit({ type: 'turn-ended', itemId: id, inputMs: endMs });
    if (this.#settings.transcribes !== false) {
      this.#emit({ type: 'caller-transcribed', itemId: id, text });
    }
    if (this.#settings.answersItself === true) this.respond();
  }

  async #answer(instructions: string | undefined, epoch: number): Promise<void> {
    const isOver = (): boolean =>
      epoch !== this.#epoch || !this.#isOpen || this.#isLost || this.#hangs;
    if (isOver()) return;
    const { answerDelayMs = 0 } = this.#settings;
    if (answerDelayMs > 0) await delay(this.#clock, answerDelayMs);
    if (isOver()) return;
    const responseId = this.#nextId('response');
    this.#emit({ type: 'response-started', responseId });
    const fault = this.#fault;
    this.#fault = undefined;
    if (fault) {
      this.#emit({ type: 'response-ended', responseId, status: 'failed', ...fault });
      return;
    }
    const reply = this.#think(instructions);
    if (typeof reply === 'object') {
      const callId = this.#nextId('call');
      const text = JSON.stringify(reply.arguments);
      this.#emit({ type: 'tool-called', responseId, callId, name: reply.tool, arguments: text });
    } else if (reply !== undefined && reply !== '') {
      const item = this.#add('agent', reply);
      await this.#speak(responseId, item.id, reply, isOver);
    }
    if (!isOver()) this.#emit({ type: 'response-ended', responseId, status: 'completed' });
  }

  #think(instructions: string | undefined): ToneReply | undefined {
    const asked = /^Say exactly this[^:]*: (.+)$/s.exec(instructions ?? '')?.[1];
    if (asked !== undefined) return asked;
    const text = this.items.findLast(({ role }) => role !== 'agent')?.text ?? '';
    const { think = ({ text: said }) => `You said ${said}.` } = this.#settings;
    return think({ text, instructions });
  }

  async #speak(
    responseId: string,
    itemId: string,
    text: string,
    isOver: () => boolean,
  ): Promise<void> {
    const samples = encodeTones(text, this.#outputRate);
    const length = (PIECE_MS * this.#outputRate) / 1000;
    const words = text.match(/\S+\s*/g) ?? [];
    const pieces = Math.ceil(samples.length / length);
    let said = 0;
    for (let piece = 0; piece < pieces && !isOver(); piece++) {
      const until = Math.ceil(((piece + 1) * words.length) / pieces);
      for (; said < until; said++) {
        this.#emit({ type: 'text-received', responseId, itemId, text: words[said]! });
      }
      const part = samples.slice(piece * length, (piece + 1) * length);
      this.#emit({ type: 'audio-received', responseId, itemId, samples: part });
      await Promise.resolve();
    }
  }
}

function concatenate(pieces: readonly Int16Array[]): Int16Array {
  const samples = new Int16Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    samples.set(piece, at);
    at += piece.length;
  }
  return samples;
}
