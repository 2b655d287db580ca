import {
  createAudioCodec,
  FRAME_DURATION_MS,
  type AudioCodec,
  type Clock,
} from '@phone-agents/core';
import { WebSocket } from 'ws';
import type { CarrierWarning } from '../carrier-call.ts';
import type { CarrierFaults } from '../faults.ts';
import type { CallerSink, PhoneLine } from '../line/phone-line.ts';
import type { ServerAudio } from '../line/server-audio.ts';
import { MediaFaults } from '../media-faults.ts';
import type { Random } from '../random.ts';
import { isoTime } from './iso-time.ts';
import {
  connectedMessage,
  digitMessage,
  errorMessage,
  invalidMedia,
  markMessage,
  mediaMessage,
  ServerMessageReader,
  startMessage,
  stopMessage,
  type MessageError,
  type StartFacts,
} from './media-messages.ts';
import type { StreamTrack } from './stream-request.ts';

/** A message has 20 ms to 30 s of audio (Telnyx docs, "Media Streaming over WebSockets"). */
const SHORTEST_MEDIA_MS = 20;
const LONGEST_MEDIA_MS = 30_000;
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** A server that does not answer our closing is cut off. */
const CLOSE_TIMEOUT_MS = 2_000;
/** Beyond this a server does not read any more; further frames are lost. */
const MAX_UNSENT_BYTES = 1_000_000;

/** How one media socket came to its end. */
export interface MediaSocketEnd {
  /**
   * `stopped`: the carrier ended it with `stop`. `closed`: the server closed the socket, or it broke.
   * `dropped`: the carrier's side broke without a word. `refused`: it was turned away, with an HTTP
   * status. `unreachable`: it never opened for another reason.
   */
  readonly kind: 'stopped' | 'closed' | 'dropped' | 'refused' | 'unreachable';
  readonly detail: string;
}

/** What a {@link TelnyxMediaConnection} is made with. */
export interface MediaConnectionOptions {
  /** Address of the socket on this network. */
  readonly url: string;
  readonly authToken: string | undefined;
  readonly facts: StartFacts;
  readonly track: StreamTrack;
  /** Reads the server's audio; a text where none can be heard, and why. */
  readonly serverAudio: ServerAudio | string;
  readonly line: PhoneLine;
  readonly clock: Clock;
  readonly faults: CarrierFaults;
  readonly random: Random;
  /** When the socket breaks by itself; absent: never. */
  readonly dropAfterMs?: number | undefined;
  readonly onOpen: () => void;
  readonly onWarning: (warning: CarrierWarning) => void;
}

/** Telnyx's end of one socket of a media stream. */
export class TelnyxMediaConnection implements CallerSink {
  /** Resolves when the socket is of no use any more. */
  readonly ended: Promise<MediaSocketEnd>;
  /** Resolves when nothing of it is left on the network, some time after `ended`. */
  readonly released: Promise<void>;
  readonly #options: MediaConnectionOptions;
  readonly #socket: WebSocket;
  readonly #reader = new ServerMessageReader();
  readonly #faults: MediaFaults;
  readonly #codec: AudioCodec;
  readonly #encoded: Buffer;
  readonly #silence: string;
  readonly #timers = new Set<{ cancel(): void }>();
  #stopListening: (() => void) | undefined;
  #resolveEnded!: (end: MediaSocketEnd) => void;
  #state: 'connecting' | 'open' | 'over' = 'connecting';
  #sequenceNumber = 1;
  #inboundChunk = 0;
  #outboundChunk = 0;
  #timestampMs = 0;
  #toldOfUnheardAudio = false;

  constructor(options: MediaConnectionOptions) {
    this.#options = options;
    this.#codec = createAudioCodec(options.facts.format);
    this.#encoded = Buffer.alloc(this.#codec.bytesPerFrame);
    this.#codec.silence(this.#encoded);
    this.#silence = this.#encoded.toString('base64');
    this.#faults = new MediaFaults(options.faults, options.random, (message) =>
      this.#send(message),
    );
    this.ended = new Promise((resolve) => (this.#resolveEnded = resolve));
    const { authToken } = options;
    this.#socket = new WebSocket(options.url, {
      headers: authToken === undefined ? {} : { 'x-telnyx-streaming-auth-token': authToken },
      perMessageDeflate: false,
      followRedirects: false,
    });
    this.released = new Promise((resolve) => this.#socket.once('close', () => resolve()));
    this.#after(HANDSHAKE_TIMEOUT_MS, () => {
      this.#neverOpened('unreachable', 'The WebSocket handshake took too long.');
    });
    this.#listen();
  }

  audio(samples: Int16Array | undefined): void {
    this.#timestampMs += FRAME_DURATION_MS;
    if (this.#options.track === 'outbound_track') return;
    if (!this.#faults.loses() && this.#socket.bufferedAmount < MAX_UNSENT_BYTES) {
      this.#faults.pass(
        this.#media('inbound', ++this.#inboundChunk, this.#timestampMs, this.#encode(samples)),
      );
    }
    this.#faults.moveOn();
  }

  digit(digit: string): void {
    const { clock, facts } = this.#options;
    const occurredAt = isoTime(clock.wallTimeMs());
    this.#send(digitMessage(facts.streamId, ++this.#sequenceNumber, occurredAt, digit));
  }

  mark(name: string): void {
    this.#send(markMessage(this.#options.facts.streamId, ++this.#sequenceNumber, name));
  }

  /** Ends the stream properly: `stop`, then the socket is closed. */
  stop(): void {
    this.#neverOpened('unreachable', 'The stream was ended before it opened.');
    if (this.#state !== 'open') return;
    this.#send(stopMessage(this.#options.facts, ++this.#sequenceNumber));
    this.#finish({ kind: 'stopped', detail: 'The carrier ended the stream.' });
    this.#socket.close(1000);
    this.#after(CLOSE_TIMEOUT_MS, () => this.#socket.terminate());
  }

  /** The socket breaks without `stop` and without a closing handshake. */
  drop(): void {
    if (this.#state === 'over') return;
    this.#finish({ kind: 'dropped', detail: 'The media socket broke.' });
    this.#socket.terminate();
  }

  /** Lets go of the network at once. */
  destroy(): void {
    this.#finish({ kind: 'dropped', detail: 'The carrier was closed.' });
    this.#clearTimers();
    this.#socket.terminate();
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on('open', () => this.#open());
    socket.on('message', (data: Buffer, isBinary) => this.#receive(data, isBinary));
    socket.on('unexpected-response', (request, response) => {
      request.destroy();
      this.#neverOpened(
        'refused',
        `The server answered the WebSocket handshake with ${response.statusCode ?? 0}, not 101.`,
      );
    });
    socket.on('error', (error) => this.#neverOpened('unreachable', error.message));
    socket.on('close', (code, reason) => {
      this.#finish({
        kind: 'closed',
        detail: `The server closed the media socket with ${code}${reason.length > 0 ? ` (${reason.toString()})` : ''}.`,
      });
      this.#clearTimers();
    });
  }

  #open(): void {
    if (this.#state !== 'connecting') return;
    this.#state = 'open';
    const { authToken, facts, track, line, dropAfterMs } = this.#options;
    this.#send(connectedMessage(authToken));
    this.#send(startMessage(facts));
    line.connect(this);
    if (track !== 'inbound_track') {
      this.#stopListening = line.onHeard(({ samples }) => {
        const timestampMs = ++this.#outboundChunk * FRAME_DURATION_MS;
        if (this.#socket.bufferedAmount >= MAX_UNSENT_BYTES) return;
        this.#send(
          this.#media('outbound', this.#outboundChunk, timestampMs, this.#encode(samples)),
        );
      });
    }
    if (dropAfterMs !== undefined) this.#after(dropAfterMs, () => this.drop());
    this.#options.onOpen();
  }

  #media(
    track: 'inbound' | 'outbound',
    chunk: number,
    timestampMs: number,
    payload: string,
  ): string {
    const { streamId } = this.#options.facts;
    return mediaMessage(streamId, ++this.#sequenceNumber, track, chunk, timestampMs, payload);
  }

  #encode(samples: Int16Array | undefined): string {
    if (!samples) return this.#silence;
    this.#codec.encode(samples, this.#encoded);
    return this.#encoded.toString('base64');
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (this.#state !== 'open') return;
    const message = this.#reader.read(data, isBinary);
    if ('code' in message) {
      this.#complain(message);
      return;
    }
    const { line, clock, serverAudio } = this.#options;
    switch (message.event) {
      case 'media':
        this.#play(message.payload);
        break;
      case 'mark':
        line.playback.mark(message.name);
        break;
      case 'clear':
        line.playback.clear(clock.now());
        if (typeof serverAudio !== 'string') serverAudio.reset();
        break;
    }
  }

  #play(payload: Buffer): void {
    const { line, clock, serverAudio, onWarning } = this.#options;
    if (typeof serverAudio === 'string') {
      if (!this.#toldOfUnheardAudio) onWarning({ code: 0, message: serverAudio });
      this.#toldOfUnheardAudio = true;
      return;
    }
    const durationMs = serverAudio.durationMs(payload.length);
    if (durationMs < SHORTEST_MEDIA_MS || durationMs > LONGEST_MEDIA_MS) {
      this.#complain(
        invalidMedia(`A message has 20 ms to 30 s of audio; this one has ${durationMs} ms.`),
      );
    } else if (!serverAudio.isWhole(payload)) {
      this.#complain(invalidMedia('The media has half a sample: L16 has two bytes a sample.'));
    } else line.playback.write(serverAudio.read(payload), clock.now());
  }

  #complain(error: MessageError): void {
    this.#send(errorMessage(this.#options.facts.streamId, error));
    this.#options.onWarning({ code: error.code, message: error.detail });
  }

  #send(message: string): void {
    if (this.#state === 'open' && this.#socket.readyState === WebSocket.OPEN) {
      this.#socket.send(message);
    }
  }

  #neverOpened(kind: 'refused' | 'unreachable', detail: string): void {
    if (this.#state !== 'connecting') return;
    this.#finish({ kind, detail });
    this.#socket.terminate();
  }

  #finish(end: MediaSocketEnd): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#clearTimers();
    this.#stopListening?.();
    this.#options.line.disconnect(this);
    this.#resolveEnded(end);
  }

  #after(delayMs: number, action: () => void): void {
    const timer = this.#options.clock.setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, delayMs);
    this.#timers.add(timer);
  }

  #clearTimers(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }
}
