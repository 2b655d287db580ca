import type { AudioFormat } from '../audio/audio-codec.ts';
import { createAudioCodec } from '../audio/audio-codec.ts';
import type { MediaPosition } from './inbound-framer.ts';
import type { JsonAudioMessage, JsonStartMessage } from './json-media-message.ts';
import { parseJsonMediaMessage } from './json-media-message.ts';
import type { JsonMediaProtocol, JsonObject } from './json-media-protocol.ts';
import { JsonMediaReader } from './json-media-reader.ts';
import type { MediaSocket } from './media-socket.ts';
import type { MediaStreamTraits, PhoneMediaStreamOptions } from './phone-media-stream.ts';
import { PhoneMediaStream } from './phone-media-stream.ts';

/** A longer message is no audio and no event; it is not even parsed. */
const MAX_MESSAGE_BYTES = 131_072;
/** Numbers that leap further than this are no gap in the audio: they would silence the call. */
const MAX_CHUNK_LEAP = 3_000;
const MAX_TIME_LEAP_MS = 60_000;

/**
 * A media WebSocket that speaks JSON with audio as base64, as many companies have it; what differs
 * between them is in a {@link JsonMediaProtocol}. A plugin adds how our side is written (`writeAudio`,
 * `writeMark`, `writeClear`) and its own events (`receiveEvent`).
 *
 * The caller's audio in its usual shape is read from the bytes, without `JSON.parse`. What is not in
 * the protocol (another stream's messages, binary frames, unknown events, wrong base64 or types) is
 * dropped with one warning of each kind, and the call goes on.
 *
 * @example
 * class AcmeMediaStream extends JsonMediaStream {
 *   constructor(socket: MediaSocket, options: PhoneMediaStreamOptions) {
 *     const outboundFormat = { encoding: 'PCMU', sampleRate: 8000 } as const;
 *     super(socket, options, { outboundFormat, marks: true, reorderFrames: 0 }, ACME);
 *   }
 *   protected override writeAudio(bytes: Uint8Array): void {
 *     this.send(`{"event":"media","media":{"payload":"${this.base64(bytes)}"}}`);
 *   }
 *   protected override writeMark(name: string): void {
 *     this.send(JSON.stringify({ event: 'mark', mark: { name } }));
 *   }
 *   protected override writeClear(): void {
 *     this.send('{"event":"clear"}');
 *   }
 * }
 */
export abstract class JsonMediaStream extends PhoneMediaStream {
  readonly #protocol: JsonMediaProtocol;
  #reader: JsonMediaReader | undefined;
  #streamId: string | undefined;
  #lastChunk: number | undefined;
  #lastTimestampMs = 0;
  #outbound: Buffer | undefined;
  #outboundSource: Uint8Array | undefined;

  protected constructor(
    socket: MediaSocket,
    options: PhoneMediaStreamOptions,
    traits: MediaStreamTraits,
    protocol: JsonMediaProtocol,
  ) {
    super(socket, options, traits);
    this.#protocol = protocol;
  }

  protected override receive(data: Uint8Array, isBinary: boolean): void {
    if (isBinary) {
      const { company } = this.#protocol;
      this.warn(
        'binary',
        {},
        `A binary message came; ${company} sends text only, so it is dropped`,
      );
      return;
    }
    const reader = this.#reader;
    if (reader?.read(data)) {
      this.#receiveAudio(reader, reader.chunk, reader.timestampMs);
      return;
    }
    this.#receiveOther(data);
  }

  /**
   * A message with an event that is not `start`, `media`, `dtmf`, `mark` or `stop`. Override it for
   * those that your company has besides, and leave all others to `super`, which drops them. Neither the message's
   * members nor the stream's id have been checked.
   */
  protected receiveEvent(event: unknown, _message: JsonObject): void {
    if (event !== 'connected') this.#unusable('unknown-event', 'its event is unknown');
  }

  /** The bytes of {@link writeAudio} as base64. */
  protected base64(bytes: Uint8Array): string {
    if (this.#outboundSource !== bytes) {
      this.#outboundSource = bytes;
      this.#outbound = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    return this.#outbound!.toString('base64');
  }

  #receiveOther(data: Uint8Array): void {
    if (data.byteLength > MAX_MESSAGE_BYTES) {
      this.warn('too-long', { bytes: data.byteLength }, 'A message is too long; it is dropped');
      return;
    }
    const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8');
    const message = parseJsonMediaMessage(text, this.#protocol);
    switch (message.event) {
      case 'invalid':
        this.#unusable(message.kind, message.problem);
        return;
      case 'other':
        this.receiveEvent(message.name, message.message);
        return;
      case 'start':
        this.#receiveStart(message);
        return;
    }
    if (this.#streamId === undefined) {
      this.warn('before-start', {}, 'A message came before start; it is dropped');
      return;
    }
    if (message.streamId !== this.#streamId) {
      this.warn('wrong-stream', {}, "Another stream's message came; it is dropped");
      return;
    }
    if (message.event === 'media') this.#receivePayload(message);
    else if (message.event === 'dtmf') this.receiveDigit(message.digit);
    else if (message.event === 'mark') this.receiveMark(message.name);
    else this.receiveStop();
  }

  #unusable(kind: string, problem: string): void {
    this.warn(kind, {}, `A message cannot be used and is dropped: ${problem}`);
  }

  #receiveStart(message: JsonStartMessage): void {
    if (this.#streamId !== undefined) {
      this.warn('second-start', {}, 'A second start came; it is ignored');
      return;
    }
    const { streamId, callId, parameters } = message;
    this.#streamId = streamId;
    const inboundFormat = this.#inboundFormat(message);
    if (inboundFormat === undefined) return;
    this.receiveStart({ streamId, providerCallId: callId, inboundFormat, parameters });
    if (this.isClosed) return;
    const { bytesPerFrame } = createAudioCodec(inboundFormat);
    this.#reader = new JsonMediaReader(this.#protocol, streamId, bytesPerFrame);
  }

  /** What the caller's audio is, or undefined after refusing it. */
  #inboundFormat({ encoding: given, ...start }: JsonStartMessage): AudioFormat | undefined {
    const { byteOrder, company, encodings } = this.#protocol;
    const sampleRate = start.sampleRate as AudioFormat['sampleRate'];
    const encoding = Object.hasOwn(encodings, given) ? encodings[given] : undefined;
    if (encoding === undefined || start.channels !== 1) {
      this.refuseAudio(
        `${company} streams ${given.slice(0, 40)} at ${sampleRate} Hz with ${start.channels} channels; supported is one channel of ${Object.keys(encodings).join(', ')}.`,
      );
      return undefined;
    }
    return encoding === 'L16' ? { encoding, sampleRate, byteOrder } : { encoding, sampleRate };
  }

  #receivePayload(message: JsonAudioMessage): void {
    if (message.track !== 'inbound') {
      this.warn('track', {}, "Audio of a track other than the caller's came; it is dropped");
      return;
    }
    const reader = this.#reader!;
    const payload = Buffer.from(message.payload, 'utf8');
    if (reader.decode(payload, 0, payload.length) <= 0) {
      this.warn('payload', {}, 'A payload is not base64, or too long; it is dropped');
      return;
    }
    this.#receiveAudio(reader, message.chunk, message.timestampMs);
  }

  #receiveAudio(
    reader: JsonMediaReader,
    chunk: number | undefined,
    timestampMs: number | undefined,
  ): void {
    this.receiveMedia(reader.bytes, this.#position(chunk, timestampMs));
  }

  /** The audio's place, or undefined where the numbers cannot be true: then it follows what came before. */
  #position(chunk: number | undefined, timestampMs: number | undefined): MediaPosition | undefined {
    const last = this.#lastChunk;
    // A stream that is opened again may count on from where it was, so the first number is free.
    const leaps =
      last !== undefined &&
      ((chunk ?? 0) - last > MAX_CHUNK_LEAP ||
        Math.abs((timestampMs ?? 0) - this.#lastTimestampMs) > MAX_TIME_LEAP_MS);
    if (chunk === undefined || timestampMs === undefined || leaps) {
      this.warn('counters', {}, 'The chunk or timestamp of audio makes no sense; it is ignored');
      return undefined;
    }
    if (last === undefined || chunk > last) {
      this.#lastChunk = chunk;
      this.#lastTimestampMs = timestampMs;
    }
    return { chunk, timestampMs };
  }
}
