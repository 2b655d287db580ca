import {
  createAudioCodec,
  FRAME_DURATION_MS,
  type AudioCodec,
  type Clock,
} from '@phone-agents/core';
import type { CarrierWarning } from '../carrier-call.ts';
import { CarrierSocket, type CarrierSocketEnd } from '../carrier-socket.ts';
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
  readonly #options: MediaConnectionOptions;
  readonly #socket: CarrierSocket;
  readonly #reader = new ServerMessageReader();
  readonly #faults: MediaFaults;
  readonly #codec: AudioCodec;
  readonly #encoded: Buffer;
  readonly #silence: string;
  #stopListening: (() => void) | undefined;
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
    const { authToken, clock, dropAfterMs, faults, random, url } = options;
    this.#socket = new CarrierSocket({
      url,
      headers: authToken === undefined ? {} : { 'x-telnyx-streaming-auth-token': authToken },
      clock,
      dropAfterMs,
      onOpen: () => this.#open(),
      onMessage: (data, isBinary) => this.#receive(data, isBinary),
      onOver: () => {
        this.#stopListening?.();
        options.line.disconnect(this);
      },
    });
    this.#faults = new MediaFaults(faults, random, (message) => this.#socket.send(message));
  }

  /** Resolves when the socket is of no use any more. */
  get ended(): Promise<CarrierSocketEnd> {
    return this.#socket.ended;
  }

  /** Resolves when nothing of it is left on the network, some time after `ended`. */
  get released(): Promise<void> {
    return this.#socket.released;
  }

  audio(samples: Int16Array | undefined): void {
    this.#timestampMs += FRAME_DURATION_MS;
    if (this.#options.track === 'outbound_track') return;
    if (!this.#faults.loses() && !this.#socket.isFull) {
      this.#faults.pass(
        this.#media('inbound', ++this.#inboundChunk, this.#timestampMs, this.#encode(samples)),
      );
    }
    this.#faults.moveOn();
  }

  digit(digit: string): void {
    const { clock, facts } = this.#options;
    const occurredAt = isoTime(clock.wallTimeMs());
    this.#socket.send(digitMessage(facts.streamId, ++this.#sequenceNumber, occurredAt, digit));
  }

  mark(name: string): void {
    this.#socket.send(markMessage(this.#options.facts.streamId, ++this.#sequenceNumber, name));
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
    const { authToken, facts, track, line, onOpen } = this.#options;
    this.#socket.send(connectedMessage(authToken));
    this.#socket.send(startMessage(facts));
    line.connect(this);
    if (track !== 'inbound_track') {
      this.#stopListening = line.onHeard(({ samples }) => {
        const timestampMs = ++this.#outboundChunk * FRAME_DURATION_MS;
        if (this.#socket.isFull) return;
        this.#socket.send(
          this.#media('outbound', this.#outboundChunk, timestampMs, this.#encode(samples)),
        );
      });
    }
    onOpen();
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
    this.#socket.send(errorMessage(this.#options.facts.streamId, error));
    this.#options.onWarning({ code: error.code, message: error.detail });
  }
}
