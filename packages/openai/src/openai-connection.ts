import type {
  RealtimeConnectOptions,
  RealtimeConnection,
  RealtimeEvent,
} from '@phone-agents/agent';
import { Reconnector } from '@phone-agents/agent';
import type { AudioFrame, Clock, Logger } from '@phone-agents/core';
import {
  FRAME_DURATION_MS,
  decodeL16,
  decodeMulaw,
  encodeL16,
  encodeMulaw,
  silentLogger,
  systemClock,
} from '@phone-agents/core';
import { OpenAIRealtimeError, reportedFault, unreachable } from './openai-error.ts';
import type { OpenAIRealtimeSettings } from './openai-settings.ts';
import type { RealtimeTransport, ServerEvent } from './realtime-transport.ts';
import { openRealtimeTransport } from './realtime-transport.ts';
import { ResponseLog } from './response-log.ts';
import {
  functionCall,
  numberOf,
  reportedError,
  responseDone,
  responseId,
  textOf,
} from './server-events.ts';

/** So much of the caller's audio is kept for a new connection: of what it did not answer yet. */
const KEPT_FRAMES = 10_000 / FRAME_DURATION_MS;
/** Faults that come of two sides doing something at once; the session goes on as it should. */
const HARMLESS = new Set([
  'response_cancel_not_active',
  'conversation_already_has_active_response',
  'input_audio_buffer_commit_empty',
]);

/** One call's conversation with OpenAI, over as many sessions as it takes. */
export class OpenAIConnection implements RealtimeConnection {
  readonly #settings: OpenAIRealtimeSettings;
  readonly #options: RealtimeConnectOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #over = new AbortController();
  readonly #reconnector: Reconnector;
  /** Where turns of the caller's ended that are not in the conversation yet, in ms of their session. */
  readonly #turnEnds = new Map<string, number>();
  #transport: RealtimeTransport | undefined;
  #responses = new ResponseLog();
  #encoded = new Uint8Array(0);
  /** Audio since the end of the last turn, encoded, oldest first; a new connection hears it anew. */
  #kept: string[] = [];
  #writtenMs = 0;
  /** What had been written when the session began: its own times count from there. */
  #sessionStartMs = 0;

  constructor(settings: OpenAIRealtimeSettings, options: RealtimeConnectOptions) {
    this.#settings = settings;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#logger = options.logger ?? silentLogger;
    this.#reconnector = new Reconnector({
      connect: () => this.#connect(),
      isRetryable: (error) => error instanceof OpenAIRealtimeError && error.isRetryable,
      maxReconnects: settings.maxReconnects,
      clock: this.#clock,
      signal: this.#over.signal,
    });
  }

  /** Connects, several times if need be. */
  async open(): Promise<void> {
    const { signal } = this.#options;
    signal?.throwIfAborted();
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    try {
      await this.#reconnector.open();
    } catch (error) {
      await this.close();
      throw signal?.aborted === true ? signal.reason : error;
    }
  }

  write(frame: AudioFrame): void {
    const { sampleRate, format } = this.#settings;
    if (frame.sampleRate !== sampleRate) {
      throw new RangeError(`This model takes ${sampleRate} Hz, not ${frame.sampleRate}.`);
    }
    if (this.#isClosed) return;
    const length = frame.samples.length * (format === 'pcmu' ? 1 : 2);
    if (this.#encoded.length !== length) this.#encoded = new Uint8Array(length);
    if (format === 'pcmu') encodeMulaw(frame.samples, this.#encoded);
    else encodeL16(frame.samples, 'little-endian', this.#encoded);
    const audio = Buffer.from(this.#encoded.buffer, 0, length).toString('base64');
    this.#writtenMs += (frame.samples.length * 1000) / sampleRate;
    this.#transport?.send({ type: 'input_audio_buffer.append', audio });
    this.#kept.push(audio);
    if (this.#kept.length > KEPT_FRAMES) this.#kept.shift();
  }

  respond(options: { readonly instructions?: string | undefined } = {}): void {
    if (!this.#transport) return;
    const { instructions } = options;
    this.#responses.ask();
    this.#transport.requestResponse(instructions === undefined ? {} : { instructions });
  }

  addText(text: string): void {
    this.#addMessage('user', text);
  }

  sendToolResult(callId: string, output: string): void {
    const item = { type: 'function_call_output', call_id: callId, output };
    this.#transport?.send({ type: 'conversation.item.create', item });
  }

  interrupt(itemId: string | undefined, heardMs: number): void {
    this.#responses.dropAll();
    this.#transport?.cancelResponse();
    if (itemId === undefined) return;
    const audioEndMs = this.#responses.cut(itemId, heardMs);
    if (audioEndMs === undefined) return;
    this.#transport?.send({
      type: 'conversation.item.truncate',
      item_id: itemId,
      content_index: 0,
      audio_end_ms: audioEndMs,
    });
  }

  discardTurn(itemId: string): void {
    this.#transport?.send({ type: 'conversation.item.delete', item_id: itemId });
  }

  async close(): Promise<void> {
    this.#over.abort();
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#transport?.close();
    this.#transport = undefined;
    this.#kept = [];
  }

  /** Where the audio that is kept begins, in ms of all that was written. */
  get #keptSinceMs(): number {
    return this.#writtenMs - this.#kept.length * FRAME_DURATION_MS;
  }

  get #isClosed(): boolean {
    return this.#over.signal.aborted;
  }

  readonly #onAbort = (): void => void this.close();

  async #connect(): Promise<void> {
    const { instructions, tools } = this.#options;
    const { signal } = this.#over;
    const current: { transport?: RealtimeTransport } = {};
    const isCurrent = (): boolean =>
      current.transport !== undefined && current.transport === this.#transport;
    const transport = await openRealtimeTransport({
      settings: this.#settings,
      instructions,
      tools,
      clock: this.#clock,
      signal,
      onEvent: (event) => {
        if (isCurrent()) this.#receive(event);
      },
      onLost: (error) => {
        if (isCurrent()) this.#lost(error);
      },
    });
    if (this.#isClosed) {
      transport.close();
      throw signal.reason;
    }
    this.#transport = current.transport = transport;
    this.#responses = new ResponseLog();
    this.#turnEnds.clear();
    this.#sessionStartMs = this.#keptSinceMs;
  }

  /** Tells a new session what was said before, and what the caller says meanwhile. */
  #restore(): void {
    for (const { role, text } of this.#options.history?.() ?? []) {
      this.#addMessage(role === 'caller' ? 'user' : 'assistant', text);
    }
    for (const audio of this.#kept) {
      this.#transport?.send({ type: 'input_audio_buffer.append', audio });
    }
  }

  #addMessage(role: 'user' | 'assistant', text: string): void {
    const content = [{ type: role === 'user' ? 'input_text' : 'output_text', text }];
    const item = { type: 'message', role, content };
    this.#transport?.send({ type: 'conversation.item.create', item });
  }

  #emit(event: RealtimeEvent): void {
    if (!this.#isClosed) this.#options.onEvent(event);
  }

  #receive(event: ServerEvent): void {
    switch (event.type) {
      case 'input_audio_buffer.speech_started':
        this.#emit({
          type: 'speech-started',
          inputMs: this.#sessionStartMs + numberOf(event, 'audio_start_ms'),
        });
        return;
      case 'input_audio_buffer.speech_stopped':
        this.#turnEnds.set(textOf(event, 'item_id'), numberOf(event, 'audio_end_ms'));
        return;
      case 'input_audio_buffer.committed':
        this.#turnEnded(textOf(event, 'item_id'));
        return;
      case 'conversation.item.input_audio_transcription.completed':
        this.#emit({
          type: 'caller-transcribed',
          itemId: textOf(event, 'item_id'),
          text: textOf(event, 'transcript').trim(),
        });
        return;
      case 'conversation.item.input_audio_transcription.failed':
        this.#logger.warn(
          { error: reportedFault(reportedError(event)) },
          'OpenAI could not write down what the caller said; the conversation goes on',
        );
        return;
      case 'response.created':
        this.#responseStarted(responseId(event));
        return;
      case 'response.output_audio.delta':
        this.#audioReceived(event);
        return;
      case 'response.output_audio.done':
        this.#responses.audioDone(textOf(event, 'item_id'));
        return;
      case 'response.output_audio_transcript.delta':
        this.#textReceived(event);
        return;
      case 'response.output_item.done':
        this.#toolCalled(event);
        return;
      case 'response.done':
        this.#responseEnded(event);
        return;
      case 'error':
        this.#errorReported(event);
    }
  }

  #turnEnded(itemId: string): void {
    const endMs = this.#turnEnds.get(itemId);
    this.#turnEnds.delete(itemId);
    const inputMs = endMs === undefined ? this.#writtenMs : this.#sessionStartMs + endMs;
    const answeredMs = Math.max(0, inputMs - this.#keptSinceMs);
    this.#kept.splice(0, Math.floor(answeredMs / FRAME_DURATION_MS));
    this.#emit({ type: 'turn-ended', itemId, inputMs });
  }

  #responseStarted(id: string): void {
    this.#reconnector.worked();
    if (this.#responses.begin(id)) {
      this.#emit({ type: 'response-started', responseId: id });
      return;
    }
    // The SDK takes note of the response only behind this event.
    queueMicrotask(() => this.#transport?.cancelResponse());
  }

  #audioReceived(event: ServerEvent): void {
    const itemId = textOf(event, 'item_id');
    const id = textOf(event, 'response_id');
    const bytes = Buffer.from(textOf(event, 'delta'), 'base64');
    const { format, sampleRate } = this.#settings;
    const samples =
      format === 'pcmu'
        ? decodeMulaw(bytes)
        : decodeL16(bytes.subarray(0, bytes.length & ~1), 'little-endian');
    this.#responses.addAudio(itemId, (samples.length * 1000) / sampleRate);
    if (samples.length === 0 || !this.#responses.isWanted(id, itemId)) return;
    this.#emit({ type: 'audio-received', responseId: id, itemId, samples });
  }

  #textReceived(event: ServerEvent): void {
    const itemId = textOf(event, 'item_id');
    const id = textOf(event, 'response_id');
    if (!this.#responses.isWanted(id, itemId)) return;
    this.#emit({ type: 'text-received', responseId: id, itemId, text: textOf(event, 'delta') });
  }

  #toolCalled(event: ServerEvent): void {
    const call = functionCall(event);
    const id = textOf(event, 'response_id');
    if (!call || !this.#responses.isWanted(id, '')) return;
    this.#emit({ type: 'tool-called', responseId: id, ...call });
  }

  #responseEnded(event: ServerEvent): void {
    const { responseId: id, status, fault } = responseDone(event);
    if (!this.#responses.end(id)) return;
    if (status === 'failed') {
      const error = reportedFault(fault);
      this.#emit({ type: 'response-ended', responseId: id, status: 'failed', error });
      // No further request would fare better.
      if (!error.isRetryable && error.code !== 'openai_request_rejected') this.#fail(error);
      return;
    }
    this.#emit({
      type: 'response-ended',
      responseId: id,
      status: status === 'cancelled' ? 'cancelled' : 'completed',
    });
  }

  #errorReported(event: ServerEvent): void {
    const fault = reportedError(event);
    const error = reportedFault(fault);
    // The SDK numbers its requests for a response so.
    if (/response_create/.test(fault.eventId)) this.#responses.refuse();
    if (HARMLESS.has(fault.code ?? '')) return;
    if (error.code === 'openai_unauthorized' || error.code === 'openai_quota_exceeded') {
      this.#fail(error);
      return;
    }
    this.#logger.warn({ error }, 'OpenAI reports a fault; the conversation goes on');
  }

  #lost(error: OpenAIRealtimeError): void {
    this.#transport = undefined;
    if (!this.#reconnector.mayRetry(error)) {
      this.#fail(error);
      return;
    }
    this.#logger.warn({ error }, 'The connection to OpenAI was lost; it is opened anew');
    this.#emit({ type: 'connection-lost', error });
    void this.#reconnect();
  }

  async #reconnect(): Promise<void> {
    try {
      await this.#reconnector.reopen();
    } catch (error) {
      if (!this.#isClosed) this.#fail(error);
      return;
    }
    this.#restore();
    this.#emit({ type: 'connection-restored' });
  }

  #fail(cause: unknown): void {
    const error = cause instanceof Error ? cause : unreachable(cause);
    this.#emit({ type: 'connection-closed', error });
    void this.close();
  }
}
