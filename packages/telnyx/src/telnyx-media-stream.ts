import { createHash, timingSafeEqual } from 'node:crypto';
import type {
  AudioEncoding,
  AudioFormat,
  ByteOrder,
  MediaPosition,
  MediaSocket,
  PhoneMediaStreamOptions,
} from '@phone-agents/core';
import { PhoneMediaStream, createAudioCodec } from '@phone-agents/core';
import { L16OrderDetector } from './l16-order-detector.ts';
import type { TelnyxInboundMediaMessage, TelnyxStartMessage } from './telnyx-media-message.ts';
import { parseTelnyxMediaMessage } from './telnyx-media-message.ts';
import { TelnyxMediaReader } from './telnyx-media-reader.ts';

/** How audio goes over a media socket: mu-law or A-law at 8 kHz, or plain 16-bit PCM at 16 kHz. */
export type TelnyxCodec = 'PCMU' | 'PCMA' | 'L16';

/** What the stream was asked for, beside what every media stream needs. */
export interface TelnyxMediaStreamOptions extends PhoneMediaStreamOptions {
  /** The `stream_bidirectional_codec` that was asked for: how we send. Default `PCMU`. */
  readonly codec?: TelnyxCodec | undefined;
  /** Which byte of an L16 sample comes first, both ways. Default `little-endian`. */
  readonly l16ByteOrder?: ByteOrder | undefined;
  /** The `stream_auth_token` that was given; the `connected` message must hold the same, if it holds one. */
  readonly streamAuthToken?: string | undefined;
}

/** A longer message is no audio and no event of Telnyx's; it is not even parsed. */
const MAX_MESSAGE_BYTES = 131_072;
/** Pieces that come in another order than they were numbered are waited for so long: 80 ms. */
const REORDER_FRAMES = 4;
/** Numbers that leap further than this are no gap in the audio: they would silence the call. */
const MAX_CHUNK_LEAP = 3_000;
const MAX_TIME_LEAP_MS = 60_000;

const ENCODINGS: ReadonlySet<string> = new Set<AudioEncoding>(['PCMU', 'PCMA', 'L16']);

/** The format of our own audio, by the codec that is asked for. */
export function outboundFormat(
  codec: TelnyxCodec = 'PCMU',
  byteOrder: ByteOrder = 'little-endian',
): AudioFormat {
  return codec === 'L16'
    ? { encoding: codec, sampleRate: 16000, byteOrder }
    : { encoding: codec, sampleRate: 8000 };
}

/**
 * A Telnyx media streaming WebSocket, bidirectional in RTP mode: audio in base64 JSON both ways,
 * digits, marks and clear ("Media streaming: WebSocket messages").
 *
 * The two directions have a codec each: what comes is read by what the `start` message says of it,
 * what we send is in the codec that was asked for. What is not in the protocol (another stream's
 * messages, binary frames, unknown events, wrong base64 or types) is dropped with one warning of
 * each kind, and the call goes on.
 */
export class TelnyxMediaStream extends PhoneMediaStream {
  readonly #l16ByteOrder: ByteOrder;
  readonly #streamAuthToken: string | undefined;
  /** A whole frame of silence; shorter audio is laid over it, for Telnyx takes no less than 20 ms. */
  readonly #silence: Uint8Array;
  readonly #padded: Uint8Array;
  #reader: TelnyxMediaReader | undefined;
  #orderDetector: L16OrderDetector | undefined;
  #streamId: string | undefined;
  #lastChunk: number | undefined;
  #lastTimestampMs = 0;
  #outbound: Buffer | undefined;
  #outboundSource: Uint8Array | undefined;

  constructor(socket: MediaSocket, options: TelnyxMediaStreamOptions) {
    const format = outboundFormat(options.codec, options.l16ByteOrder);
    super(socket, options, { outboundFormat: format, marks: true, reorderFrames: REORDER_FRAMES });
    this.#l16ByteOrder = options.l16ByteOrder ?? 'little-endian';
    this.#streamAuthToken = options.streamAuthToken;
    const codec = createAudioCodec(format);
    this.#silence = new Uint8Array(codec.bytesPerFrame);
    codec.silence(this.#silence);
    this.#padded = new Uint8Array(codec.bytesPerFrame);
  }

  protected override receive(data: Uint8Array, isBinary: boolean): void {
    if (isBinary) {
      this.warn('binary', {}, 'A binary message came; Telnyx sends text only, so it is dropped');
      return;
    }
    const reader = this.#reader;
    if (reader?.read(data)) {
      this.#receiveAudio(reader, reader.chunk, reader.timestampMs);
      return;
    }
    this.#receiveOther(data);
  }

  protected override writeAudio(bytes: Uint8Array): void {
    const frame = bytes.length < this.#silence.length ? this.#pad(bytes) : bytes;
    if (this.#outboundSource !== frame) {
      this.#outboundSource = frame;
      this.#outbound = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
    }
    this.send(`{"event":"media","media":{"payload":"${this.#outbound!.toString('base64')}"}}`);
  }

  protected override writeMark(name: string): void {
    this.send(`{"event":"mark","mark":{"name":${JSON.stringify(name)}}}`);
  }

  protected override writeClear(): void {
    this.send('{"event":"clear"}');
  }

  #pad(bytes: Uint8Array): Uint8Array {
    this.#padded.set(this.#silence);
    this.#padded.set(bytes);
    return this.#padded;
  }

  #receiveOther(data: Uint8Array): void {
    if (data.byteLength > MAX_MESSAGE_BYTES) {
      this.warn('too-long', { bytes: data.byteLength }, 'A message is too long; it is dropped');
      return;
    }
    const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8');
    const message = parseTelnyxMediaMessage(text);
    switch (message.event) {
      case 'invalid':
        this.warn(message.kind, {}, `A message cannot be used and is dropped: ${message.problem}`);
        return;
      case 'connected':
        this.#checkToken(message.token);
        return;
      case 'start':
        this.#receiveStart(message);
        return;
      case 'error': {
        const { code, title } = message;
        this.warn(`error-${code}`, { code, title }, 'Telnyx could not use what we sent');
        return;
      }
    }
    if (this.#streamId === undefined) {
      this.warn('before-start', {}, 'A message came before start; it is dropped');
      return;
    }
    if (message.streamId !== this.#streamId) {
      this.warn('wrong-stream', {}, "Another stream's message came; it is dropped");
      return;
    }
    if (message.event === 'media') this.#receiveMedia(message);
    else if (message.event === 'dtmf') this.receiveDigit(message.digit);
    else if (message.event === 'mark') this.receiveMark(message.name);
    else this.receiveStop();
  }

  #checkToken(token: string | undefined): void {
    const expected = this.#streamAuthToken;
    if (expected === undefined || token === undefined || isSameSecret(token, expected)) return;
    this.refuse('its stream token is another than the one that was given');
  }

  #receiveStart(message: TelnyxStartMessage): void {
    if (this.#streamId !== undefined) {
      this.warn('second-start', {}, 'A second start came; it is ignored');
      return;
    }
    const { streamId } = message;
    const format = inboundFormat(message, this.#l16ByteOrder);
    this.#streamId = streamId;
    this.#reader = new TelnyxMediaReader(streamId, bytesPerFrame(format));
    if (format.encoding === 'L16') this.#orderDetector = new L16OrderDetector(this.#l16ByteOrder);
    this.receiveStart({
      streamId,
      providerCallId: message.callControlId,
      inboundFormat: format,
      parameters: message.parameters,
    });
  }

  #receiveMedia(message: TelnyxInboundMediaMessage): void {
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
    reader: TelnyxMediaReader,
    chunk: number | undefined,
    timestampMs: number | undefined,
  ): void {
    if (this.#orderDetector?.isWrong(reader.bytes)) this.#warnOfByteOrder();
    this.receiveMedia(reader.bytes, this.#position(chunk, timestampMs));
  }

  #warnOfByteOrder(): void {
    const other = this.#l16ByteOrder === 'little-endian' ? 'big-endian' : 'little-endian';
    this.warn(
      'byte-order',
      { l16ByteOrder: this.#l16ByteOrder },
      `The caller's L16 audio is noise in ${this.#l16ByteOrder} byte order and sound in the other: set l16ByteOrder to '${other}'`,
    );
  }

  /** The audio's place, or undefined where the numbers cannot be true: then it follows what came before. */
  #position(chunk: number | undefined, timestampMs: number | undefined): MediaPosition | undefined {
    const last = this.#lastChunk;
    // A stream that Telnyx opens again may count on from where it was, so the first number is free.
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

/** What Telnyx says of the audio that comes; a codec that is not taken keeps its name, and is refused by it. */
function inboundFormat(start: TelnyxStartMessage, byteOrder: ByteOrder): AudioFormat {
  const { encoding, channels } = start;
  const sampleRate = start.sampleRate as AudioFormat['sampleRate'];
  const isKnown = channels === 1 && ENCODINGS.has(encoding);
  const name = channels === 1 ? encoding : `${encoding} with ${channels} channels`;
  if (isKnown && encoding === 'L16') return { encoding, sampleRate, byteOrder };
  return { encoding: name as AudioEncoding, sampleRate };
}

/** Bytes of 20 ms, as a hint to the reader; what is out of question gets the usual number. */
function bytesPerFrame({ encoding, sampleRate }: AudioFormat): number {
  const bytes = sampleRate / 25;
  return encoding === 'L16' && Number.isInteger(bytes) && bytes > 0 && bytes <= 1920 ? bytes : 160;
}

/** Compares in constant time, whatever the lengths. */
export function isSameSecret(given: string, expected: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();
  return timingSafeEqual(hash(given), hash(expected));
}
