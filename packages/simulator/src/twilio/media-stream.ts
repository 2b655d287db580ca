import { decodeMulaw, encodeMulaw, FRAME_DURATION_MS, type Clock } from '@phone-agents/core';
import { WebSocket } from 'ws';
import type { CarrierFaults } from '../faults.ts';
import type { CallerSink, PhoneLine } from '../line/phone-line.ts';
import { MediaFaults } from '../media-faults.ts';
import type { Random } from '../random.ts';
import {
  CONNECTED_MESSAGE,
  digitMessage,
  markMessage,
  mediaMessage,
  ServerMessageReader,
  startMessage,
  stopMessage,
  type MessageWarning,
  type StartFacts,
} from './media-messages.ts';

const SAMPLES_PER_FRAME = 160;
/** Mu-law silence, as Twilio sends it while the caller says nothing. */
const SILENCE = Buffer.alloc(SAMPLES_PER_FRAME, 0xff).toString('base64');
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** A server that does not answer our closing is cut off. */
const CLOSE_TIMEOUT_MS = 2_000;
/** Beyond this a server does not read any more; further frames are lost. */
const MAX_UNSENT_BYTES = 1_000_000;

/** How a media stream came to its end. */
export interface MediaStreamEnd {
  /**
   * `stopped`: the carrier ended it with `stop`. `closed`: the server closed the socket, or it broke.
   * `dropped`: the carrier's side broke without a word. `refused`: it never opened.
   */
  readonly kind: 'stopped' | 'closed' | 'dropped' | 'refused';
  /** Twilio's error code, where there is one. */
  readonly errorCode?: number | undefined;
  readonly detail: string;
}

/** What a {@link TwilioMediaConnection} is made with. */
export interface MediaConnectionOptions {
  /** Address of the socket on this network. */
  readonly url: string;
  readonly signature: string;
  readonly facts: StartFacts;
  readonly line: PhoneLine;
  readonly clock: Clock;
  readonly faults: CarrierFaults;
  readonly random: Random;
  /** When the socket breaks by itself; absent: never. */
  readonly dropAfterMs?: number | undefined;
  readonly onOpen: () => void;
  readonly onWarning: (warning: MessageWarning) => void;
}

// Shared by all calls: both are used up before the function that fills them returns.
const encoded = Buffer.alloc(SAMPLES_PER_FRAME);
let decoded = new Int16Array(8_000);

/** Twilio's end of one bidirectional media stream. */
export class TwilioMediaConnection implements CallerSink {
  /** Resolves when the stream is over. */
  readonly ended: Promise<MediaStreamEnd>;
  /** Resolves when nothing of it is left on the network, some time after `ended`. */
  readonly released: Promise<void>;
  readonly #options: MediaConnectionOptions;
  readonly #socket: WebSocket;
  readonly #reader: ServerMessageReader;
  readonly #faults: MediaFaults;
  readonly #timers = new Set<{ cancel(): void }>();
  #resolveEnded!: (end: MediaStreamEnd) => void;
  #state: 'connecting' | 'open' | 'over' = 'connecting';
  #sequenceNumber = 1;
  #chunk = 0;
  #timestampMs = 0;

  constructor(options: MediaConnectionOptions) {
    this.#options = options;
    this.#reader = new ServerMessageReader(options.facts.streamSid);
    this.#faults = new MediaFaults(options.faults, options.random, (message) =>
      this.#send(message),
    );
    this.ended = new Promise((resolve) => (this.#resolveEnded = resolve));
    this.#socket = new WebSocket(options.url, {
      headers: { 'x-twilio-signature': options.signature, 'user-agent': 'TwilioMediaStreams/1.0' },
      perMessageDeflate: false,
      followRedirects: false,
    });
    this.#after(HANDSHAKE_TIMEOUT_MS, () => {
      if (this.#state === 'connecting')
        this.#refuse(31901, 'The WebSocket handshake took too long.');
    });
    this.released = new Promise((resolve) => this.#socket.once('close', () => resolve()));
    this.#listen();
  }

  audio(samples: Int16Array | undefined): void {
    this.#timestampMs += FRAME_DURATION_MS;
    if (!this.#faults.loses() && this.#socket.bufferedAmount < MAX_UNSENT_BYTES) {
      let payload = SILENCE;
      if (samples) {
        encodeMulaw(samples, encoded);
        payload = encoded.toString('base64');
      }
      const { streamSid } = this.#options.facts;
      this.#faults.pass(
        mediaMessage(streamSid, ++this.#sequenceNumber, ++this.#chunk, this.#timestampMs, payload),
      );
    }
    this.#faults.moveOn();
  }

  digit(digit: string): void {
    this.#send(digitMessage(this.#options.facts.streamSid, ++this.#sequenceNumber, digit));
  }

  mark(name: string): void {
    this.#send(markMessage(this.#options.facts.streamSid, ++this.#sequenceNumber, name));
  }

  /** Ends the stream properly: `stop`, then the socket is closed. */
  stop(): void {
    if (this.#state === 'connecting')
      this.#refuse(31921, 'The call went on before the stream opened.');
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
      this.#refuse(
        31920,
        `The server answered the WebSocket handshake with ${response.statusCode ?? 0}, not 101.`,
      );
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const refused = error.code === 'ECONNREFUSED';
      if (this.#state === 'connecting') this.#refuse(refused ? 31902 : 31920, error.message);
    });
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
    this.#send(CONNECTED_MESSAGE);
    this.#send(startMessage(this.#options.facts));
    this.#options.line.connect(this);
    const { dropAfterMs } = this.#options;
    if (dropAfterMs !== undefined) this.#after(dropAfterMs, () => this.drop());
    this.#options.onOpen();
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (this.#state !== 'open') return;
    const message = this.#reader.read(data, isBinary);
    if ('code' in message) {
      this.#options.onWarning(message);
      return;
    }
    const { line, clock } = this.#options;
    switch (message.event) {
      case 'media': {
        const count = message.payload.length;
        if (count > decoded.length) decoded = new Int16Array(count);
        line.playback.write(decodeMulaw(message.payload, decoded).subarray(0, count), clock.now());
        break;
      }
      case 'mark':
        line.playback.mark(message.name);
        break;
      case 'clear':
        line.playback.clear(clock.now());
        break;
    }
  }

  #send(message: string): void {
    if (this.#state === 'open' && this.#socket.readyState === WebSocket.OPEN) {
      this.#socket.send(message);
    }
  }

  #refuse(errorCode: number, detail: string): void {
    if (this.#state !== 'connecting') return;
    this.#finish({ kind: 'refused', errorCode, detail });
    this.#socket.terminate();
  }

  #finish(end: MediaStreamEnd): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#clearTimers();
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
