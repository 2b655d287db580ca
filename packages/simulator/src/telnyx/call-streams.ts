import { randomUUID } from 'node:crypto';
import { delay, type AudioFormat, type ByteOrder, type Clock } from '@phone-agents/core';
import type { CarrierWarning } from '../carrier-call.ts';
import type { CarrierFaults } from '../faults.ts';
import type { PhoneLine } from '../line/phone-line.ts';
import { ServerAudio } from '../line/server-audio.ts';
import type { NetworkRoute } from '../network-route.ts';
import { createRandom } from '../random.ts';
import type { StartFacts } from './media-messages.ts';
import { TelnyxMediaConnection } from './media-stream.ts';
import { serverAudioFormat, type StreamRequest } from './stream-request.ts';

/** How a stream goes on whose socket was lost. */
export interface RedialPolicy {
  /** How long the carrier waits before it dials the same address again. */
  readonly delayMs: number;
  /** How often, for one stream; 0: never. */
  readonly limit: number;
}

/** What a call's streams are made with. */
export interface CallStreamsOptions {
  readonly clock: Clock;
  readonly route: NetworkRoute;
  readonly faults: CarrierFaults;
  readonly seed: number;
  readonly line: PhoneLine;
  /** Form of the caller's audio. */
  readonly format: AudioFormat;
  readonly l16ByteOrder: ByteOrder;
  readonly redial: RedialPolicy;
  /** What `start` tells of the call, as it is now. */
  readonly facts: () => Omit<StartFacts, 'streamId' | 'customParameters' | 'format'>;
  readonly onOpen: () => void;
  readonly onClose: (detail: string) => void;
  readonly onWarning: (warning: CarrierWarning) => void;
  /** Tells the server by webhook. */
  readonly tell: (eventType: string, fields: Readonly<Record<string, unknown>>) => void;
}

interface Stream {
  readonly id: string;
  readonly request: StreamRequest;
  readonly over: AbortController;
  hasOpened: boolean;
}

/** The media stream of one call: at most one at a time, over one socket after the other. */
export class CallStreams {
  readonly #options: CallStreamsOptions;
  /** Those that still have a socket; the last one is, or was, in use. */
  readonly #connections = new Set<TelnyxMediaConnection>();
  #stream: Stream | undefined;
  #opened = 0;

  constructor(options: CallStreamsOptions) {
    this.#options = options;
  }

  /** Whether there is a stream, be it that its socket is dialled again just now. */
  get isActive(): boolean {
    return this.#stream !== undefined;
  }

  /** Whether `streamId` names the stream that there is; undefined is any. */
  has(streamId: string | undefined): boolean {
    return this.#stream !== undefined && (streamId ?? this.#stream.id) === this.#stream.id;
  }

  /** Resolves when no socket is left. */
  async released(): Promise<void> {
    await Promise.all([...this.#connections].map((connection) => connection.released));
  }

  /** Opens a stream, where there is none. */
  start(request: StreamRequest): void {
    if (this.#stream) return;
    if (request.ignored.length > 0) {
      const message = `answer does not know ${request.ignored.join(', ')}: use streaming_start.`;
      this.#options.onWarning({ code: 0, message });
    }
    const over = new AbortController();
    const stream: Stream = { id: randomUUID(), request, over, hasOpened: false };
    this.#stream = stream;
    void this.#run(stream);
  }

  /** Ends the stream with `stop`. */
  stop(): void {
    const stream = this.#stream;
    if (!stream) return;
    this.#stream = undefined;
    stream.over.abort();
    for (const connection of this.#connections) connection.stop();
    this.#stopped(stream);
  }

  /** The socket breaks without a word. */
  drop(): void {
    [...this.#connections].at(-1)?.drop();
  }

  /** Lets go of the network at once. */
  destroy(): void {
    this.#stream?.over.abort();
    this.#stream = undefined;
    for (const connection of this.#connections) connection.destroy();
  }

  async #run(stream: Stream): Promise<void> {
    const { clock, redial, onClose } = this.#options;
    const { signal } = stream.over;
    for (let redials = 0; ; redials++) {
      const connection = this.#connect(stream);
      const end = await connection.ended;
      onClose(end.detail);
      if (signal.aborted) return;
      const turnedAway = end.kind === 'refused' || (end.kind === 'unreachable' && redials === 0);
      if (turnedAway || redials >= redial.limit) {
        this.#stream = undefined;
        if (end.kind === 'refused' || end.kind === 'unreachable') this.#failed(stream, end.detail);
        else this.#stopped(stream);
        return;
      }
      await delay(clock, redial.delayMs, signal);
      if (signal.aborted) return;
    }
  }

  #connect(stream: Stream): TelnyxMediaConnection {
    const { request } = stream;
    const { line, clock, faults, seed, format, l16ByteOrder, route } = this.#options;
    const number = this.#opened++;
    const audio = serverAudioFormat(request, l16ByteOrder);
    const connection = new TelnyxMediaConnection({
      url: route.toNetwork(request.url),
      authToken: request.authToken,
      facts: {
        ...this.#options.facts(),
        streamId: stream.id,
        customParameters: request.customParameters,
        format,
      },
      track: request.track,
      serverAudio: typeof audio === 'string' ? audio : new ServerAudio(audio, format.sampleRate),
      line,
      clock,
      faults,
      random: createRandom(seed, `media ${number}`),
      dropAfterMs:
        number < (faults.droppedSockets ?? Infinity) ? faults.dropMediaAfterMs : undefined,
      onOpen: () => {
        if (!stream.hasOpened) {
          this.#options.tell('streaming.started', {
            stream_id: stream.id,
            stream_url: request.url,
          });
        }
        stream.hasOpened = true;
        this.#options.onOpen();
      },
      onWarning: this.#options.onWarning,
    });
    this.#connections.add(connection);
    void connection.released.then(() => this.#connections.delete(connection));
    return connection;
  }

  #stopped(stream: Stream): void {
    if (!stream.hasOpened) return;
    this.#options.tell('streaming.stopped', {
      stream_id: stream.id,
      stream_url: stream.request.url,
    });
  }

  #failed(stream: Stream, detail: string): void {
    this.#options.onWarning({ code: 90046, message: `The media stream failed: ${detail}` });
    this.#options.tell('streaming.failed', {
      failure_reason: 'connection_failed',
      stream_id: stream.id,
      stream_type: 'websocket',
      stream_params: { stream_url: stream.request.url, track: stream.request.track },
    });
  }
}
