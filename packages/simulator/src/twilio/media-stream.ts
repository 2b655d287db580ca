import { decodeMulaw, encodeMulaw, FRAME_DURATION_MS, type Clock } from '@phone-agents/core';
import { CarrierSocket, type CarrierSocketEnd } from '../carrier-socket.ts';
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
/** Twilio's error codes for a stream that never opened, by what the socket says; else 31920. */
const ERROR_CODES: ReadonlyMap<string | undefined, number> = new Map([
  ['timeout', 31901],
  ['ECONNREFUSED', 31902],
  ['given-up', 31921],
]);

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
  readonly #options: MediaConnectionOptions;
  readonly #socket: CarrierSocket;
  readonly #reader: ServerMessageReader;
  readonly #faults: MediaFaults;
  #sequenceNumber = 1;
  #chunk = 0;
  #timestampMs = 0;

  constructor(options: MediaConnectionOptions) {
    this.#options = options;
    this.#reader = new ServerMessageReader(options.facts.streamSid);
    const { clock, dropAfterMs, faults, random, signature, url } = options;
    this.#socket = new CarrierSocket({
      url,
      headers: { 'x-twilio-signature': signature, 'user-agent': 'TwilioMediaStreams/1.0' },
      clock,
      dropAfterMs,
      onOpen: () => this.#open(),
      onMessage: (data, isBinary) => this.#receive(data, isBinary),
      onOver: () => options.line.disconnect(this),
    });
    this.#faults = new MediaFaults(faults, random, (message) => this.#socket.send(message));
    this.ended = this.#socket.ended.then(toStreamEnd);
  }

  /** Resolves when nothing of it is left on the network, some time after `ended`. */
  get released(): Promise<void> {
    return this.#socket.released;
  }

  audio(samples: Int16Array | undefined): void {
    this.#timestampMs += FRAME_DURATION_MS;
    if (!this.#faults.loses() && !this.#socket.isFull) {
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
    this.#socket.send(digitMessage(this.#options.facts.streamSid, ++this.#sequenceNumber, digit));
  }

  mark(name: string): void {
    this.#socket.send(markMessage(this.#options.facts.streamSid, ++this.#sequenceNumber, name));
  }

  /** Ends the stream properly: `stop`, then the socket is closed. */
  stop(): void {
    if (this.#socket.isOpen) {
      this.#socket.send(stopMessage(this.#options.facts, ++this.#sequenceNumber));
    }
    this.#socket.stop();
  }

  /** The socket breaks without `stop` and without a closing handshake. */
  drop(): void {
    this.#socket.drop();
  }

  /** Lets go of the network at once. */
  destroy(): void {
    this.#socket.destroy();
  }

  #open(): void {
    const { facts, line, onOpen } = this.#options;
    this.#socket.send(CONNECTED_MESSAGE);
    this.#socket.send(startMessage(facts));
    line.connect(this);
    onOpen();
  }

  #receive(data: Buffer, isBinary: boolean): void {
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
}

function toStreamEnd({ cause, detail, kind }: CarrierSocketEnd): MediaStreamEnd {
  if (kind !== 'refused' && kind !== 'unreachable') return { kind, detail };
  return { kind: 'refused', errorCode: ERROR_CODES.get(cause) ?? 31920, detail };
}
