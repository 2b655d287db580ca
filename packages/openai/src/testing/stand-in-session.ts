import type { WebSocket } from 'ws';
import type {
  Hear,
  OpenAIRealtimeStandInSession,
  Speak,
  StandInFault,
  StandInItem,
  Think,
} from './openai-realtime-stand-in.ts';
import type { HeardTurn } from './stand-in-audio.ts';
import { EnergyTurns, decodeAudio, readFormat } from './stand-in-audio.ts';
import { makeResponse } from './stand-in-response.ts';

export interface StandInSessionOptions {
  readonly query: URLSearchParams;
  readonly hear: Hear;
  readonly speak: Speak;
  readonly think: Think;
  /** The fault with which the next response is to fail. */
  readonly takeFault: () => StandInFault | undefined;
}

type Json = Record<string, unknown>;
type MutableItem = { -readonly [K in keyof StandInItem]: StandInItem[K] } & {
  /** Resolves when the words of a turn are known. */
  readonly known: Promise<void>;
};

/** Silence that ends a turn by meaning, by how eager the session is. */
const SEMANTIC_SILENCE_MS: Readonly<Record<string, number>> = { high: 200, medium: 400, low: 800 };

/** One session, served. */
export class StandInSession implements OpenAIRealtimeStandInSession {
  readonly query: URLSearchParams;
  readonly received: string[] = [];
  readonly items: MutableItem[] = [];
  readonly options: StandInSessionOptions;
  readonly #socket: WebSocket;
  readonly #turns: EnergyTurns;
  config: Json;
  #count = 0;
  #hangs = false;
  #turnItemId = '';
  /** Ends the response that is being made; undefined where there is none. */
  #cancel: ((reason: string) => void) | undefined;

  constructor(socket: WebSocket, options: StandInSessionOptions) {
    this.#socket = socket;
    this.options = options;
    this.query = options.query;
    this.config = {
      type: 'realtime',
      object: 'realtime.session',
      id: 'sess_stand_in',
      model: options.query.get('model'),
      output_modalities: ['audio'],
      instructions: '',
      tools: [],
      tracing: null,
      audio: {
        input: {
          format: { type: 'audio/pcm', rate: 24_000 },
          turn_detection: { type: 'server_vad', create_response: true, interrupt_response: true },
        },
        output: { format: { type: 'audio/pcm', rate: 24_000 }, voice: 'marin' },
      },
    };
    this.#turns = new EnergyTurns(
      (startMs) => this.#speechStarted(startMs),
      (turn) => void this.#turnEnded(turn),
    );
    socket.on('message', (data) => this.#receive((data as Buffer).toString('utf8')));
    socket.on('close', () => this.#cancel?.('closed'));
    socket.on('error', () => socket.terminate());
    this.send({ type: 'session.created', session: this.config });
  }

  get audioMs(): number {
    return this.#turns.totalMs;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  send(event: { readonly type: string; readonly [field: string]: unknown }): void {
    this.sendText(JSON.stringify({ event_id: this.nextId('event'), ...event }));
  }

  sendText(text: string): void {
    if (this.isOpen) this.#socket.send(text);
  }

  sendError(fault: StandInFault, eventId?: string): void {
    this.send({ type: 'error', error: { ...fault, param: null, event_id: eventId ?? null } });
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  drop(): void {
    this.#socket.terminate();
  }

  stall(): void {
    this.#socket.pause();
  }

  hang(): void {
    this.#hangs = true;
  }

  nextId(kind: string): string {
    return `${kind}_${++this.#count}`;
  }

  addItem(
    item: Omit<StandInItem, 'audioMs' | 'isTruncated'>,
    known = Promise.resolve(),
  ): MutableItem {
    const added = { ...item, audioMs: 0, isTruncated: false, known };
    this.items.push(added);
    return added;
  }

  #receive(text: string): void {
    const event = JSON.parse(text) as Json & { type: string };
    if (event.type === 'input_audio_buffer.append') {
      this.#hearAudio(String(event['audio']));
      return;
    }
    this.received.push(event.type);
    const eventId = event['event_id'] as string | undefined;
    switch (event.type) {
      case 'session.update':
        this.config = merge(this.config, event['session'] as Json);
        this.send({ type: 'session.updated', session: this.config });
        return;
      case 'response.create':
        if (this.#hangs) return;
        this.#respond((event['response'] ?? {}) as Json, eventId);
        return;
      case 'response.cancel':
        if (this.#cancel) this.#cancel('client_cancelled');
        else this.#reject('response_cancel_not_active', 'There is no active response.', eventId);
        return;
      case 'conversation.item.create':
        this.#createItem(event['item'] as Json);
        return;
      case 'conversation.item.truncate':
        this.#truncate(event, eventId);
        return;
      case 'conversation.item.delete':
        this.#delete(String(event['item_id']), eventId);
        return;
      default:
        this.#reject('unknown_event', `There is no event ${event.type}.`, eventId);
    }
  }

  #reject(code: string, message: string, eventId: string | undefined): void {
    this.sendError({ type: 'invalid_request_error', code, message }, eventId);
  }

  get #audioInput(): Json {
    return (this.config['audio'] as Json)['input'] as Json;
  }

  get #turnDetection(): Json {
    return (this.#audioInput['turn_detection'] ?? {}) as Json;
  }

  #hearAudio(base64: string): void {
    const format = readFormat(this.#audioInput['format']);
    const { type, eagerness, silence_duration_ms: silence } = this.#turnDetection;
    const silenceMs =
      type === 'semantic_vad'
        ? (SEMANTIC_SILENCE_MS[String(eagerness)] ?? SEMANTIC_SILENCE_MS['medium']!)
        : Number(silence ?? 500);
    this.#turns.push(decodeAudio(base64, format), format.sampleRate, silenceMs);
  }

  #speechStarted(startMs: number): void {
    this.#turnItemId = this.nextId('item');
    this.send({
      type: 'input_audio_buffer.speech_started',
      audio_start_ms: Math.round(startMs),
      item_id: this.#turnItemId,
    });
    if (this.#turnDetection['interrupt_response'] === true) this.#cancel?.('turn_detected');
  }

  async #turnEnded({ endMs, samples }: HeardTurn): Promise<void> {
    const itemId = this.#turnItemId;
    const previous = this.items.at(-1)?.id ?? null;
    const { sampleRate } = readFormat(this.#audioInput['format']);
    const hearing = Promise.resolve(this.options.hear(samples, sampleRate));
    const known = hearing.then((text) => void (item.text = text));
    const item: MutableItem = this.addItem({ id: itemId, role: 'user', text: '' }, known);
    this.send({
      type: 'input_audio_buffer.speech_stopped',
      audio_end_ms: Math.round(endMs),
      item_id: itemId,
    });
    this.send({
      type: 'input_audio_buffer.committed',
      item_id: itemId,
      previous_item_id: previous,
    });
    const content = [{ type: 'input_audio', transcript: null }];
    const shown = { id: itemId, type: 'message', role: 'user', status: 'completed', content };
    this.send({ type: 'conversation.item.added', item: shown, previous_item_id: previous });
    this.send({ type: 'conversation.item.done', item: shown, previous_item_id: previous });
    if (this.#turnDetection['create_response'] !== false) this.#respond({}, undefined);
    await known;
    this.send({
      type: 'conversation.item.input_audio_transcription.completed',
      item_id: itemId,
      content_index: 0,
      transcript: item.text,
      usage: { type: 'duration', seconds: samples.length / sampleRate },
    });
  }

  #respond(response: Json, eventId: string | undefined): void {
    if (this.#cancel) {
      const message = 'Conversation already has an active response.';
      this.#reject('conversation_already_has_active_response', message, eventId);
      return;
    }
    const cancelled = new AbortController();
    this.#cancel = (reason) => cancelled.abort(reason);
    void makeResponse(this, response, cancelled.signal).then((done) => {
      this.#cancel = undefined;
      this.send({ type: 'response.done', response: done });
    });
  }

  #createItem(item: Json): void {
    const id = this.nextId('item');
    const parts = (item['content'] ?? []) as { readonly text?: string }[];
    if (item['type'] === 'function_call_output') {
      this.addItem({ id, role: 'tool', text: String(item['output']) });
    } else {
      const text = parts.map((part) => part.text ?? '').join('');
      this.addItem({ id, role: item['role'] === 'assistant' ? 'assistant' : 'user', text });
    }
    this.send({ type: 'conversation.item.added', item: { ...item, id } });
    this.send({ type: 'conversation.item.done', item: { ...item, id } });
  }

  #truncate(event: Json, eventId: string | undefined): void {
    const itemId = String(event['item_id']);
    const audioEndMs = Number(event['audio_end_ms']);
    const item = this.items.find(({ id }) => id === itemId);
    if (!item || item.role !== 'assistant') {
      this.#reject('item_truncate_invalid_item_id', `There is no item ${itemId}.`, eventId);
    } else if (!Number.isInteger(audioEndMs) || audioEndMs > item.audioMs) {
      const message = `Audio content of ${item.audioMs}ms is already shorter than ${audioEndMs}ms`;
      this.#reject('invalid_value', message, eventId);
    } else {
      Object.assign(item, { audioMs: audioEndMs, text: '', isTruncated: true });
      this.send({
        type: 'conversation.item.truncated',
        item_id: itemId,
        content_index: 0,
        audio_end_ms: audioEndMs,
      });
    }
  }

  #delete(itemId: string, eventId: string | undefined): void {
    const index = this.items.findIndex(({ id }) => id === itemId);
    if (index < 0) {
      this.#reject('item_delete_invalid_item_id', `There is no item ${itemId}.`, eventId);
      return;
    }
    this.items.splice(index, 1);
    this.send({ type: 'conversation.item.deleted', item_id: itemId });
  }
}

/** What an update does not name stays as it is. */
function merge(into: Json, update: Json): Json {
  const merged = { ...into };
  for (const [name, value] of Object.entries(update)) {
    const before = merged[name];
    merged[name] = isPlain(before) && isPlain(value) ? merge(before, value) : value;
  }
  return merged;
}

function isPlain(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
