import { createHash, timingSafeEqual } from 'node:crypto';
import type {
  AudioFormat,
  ByteOrder,
  JsonMediaProtocol,
  JsonObject,
  MediaPosition,
  MediaSocket,
  MediaStart,
  PhoneMediaStreamOptions,
} from '@phone-agents/core';
import { JsonMediaStream, createAudioCodec } from '@phone-agents/core';
import { L16OrderDetector } from './l16-order-detector.ts';

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

/** Telnyx docs, "Media streaming: WebSocket messages". */
const PROTOCOL: JsonMediaProtocol = {
  company: 'Telnyx',
  streamId: 'stream_id',
  sequenceNumber: 'sequence_number',
  callId: 'call_control_id',
  mediaFormat: 'media_format',
  sampleRate: 'sample_rate',
  parameters: 'custom_parameters',
  encodings: { PCMU: 'PCMU', PCMA: 'PCMA', L16: 'L16' },
};
const TOKEN_NAME = 'x-telnyx-streaming-auth-token';
/** Pieces that come in another order than they were numbered are waited for so long: 80 ms. */
const REORDER_FRAMES = 4;

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
export class TelnyxMediaStream extends JsonMediaStream {
  readonly #l16ByteOrder: ByteOrder;
  readonly #streamAuthToken: string | undefined;
  /** A whole frame of silence; shorter audio is laid over it, for Telnyx takes no less than 20 ms. */
  readonly #silence: Uint8Array;
  readonly #padded: Uint8Array;
  #orderDetector: L16OrderDetector | undefined;

  constructor(socket: MediaSocket, options: TelnyxMediaStreamOptions) {
    const { l16ByteOrder: byteOrder = 'little-endian' } = options;
    const format = outboundFormat(options.codec, byteOrder);
    const traits = { outboundFormat: format, marks: true, reorderFrames: REORDER_FRAMES };
    super(socket, options, traits, { ...PROTOCOL, byteOrder });
    this.#l16ByteOrder = byteOrder;
    this.#streamAuthToken = options.streamAuthToken;
    const codec = createAudioCodec(format);
    this.#silence = new Uint8Array(codec.bytesPerFrame);
    codec.silence(this.#silence);
    this.#padded = new Uint8Array(codec.bytesPerFrame);
  }

  protected override receiveStart(start: MediaStart): void {
    if (start.inboundFormat.encoding === 'L16') {
      this.#orderDetector = new L16OrderDetector(this.#l16ByteOrder);
    }
    super.receiveStart(start);
  }

  protected override receiveMedia(bytes: Uint8Array, position?: MediaPosition): void {
    if (this.#orderDetector?.isWrong(bytes)) this.#warnOfByteOrder();
    super.receiveMedia(bytes, position);
  }

  protected override receiveEvent(event: unknown, message: JsonObject): void {
    if (event === 'connected') this.#checkToken(message);
    else if (event === 'error') this.#warnOfError(message['payload']);
    else super.receiveEvent(event, message);
  }

  protected override writeAudio(bytes: Uint8Array): void {
    const frame = bytes.length < this.#silence.length ? this.#pad(bytes) : bytes;
    this.send(`{"event":"media","media":{"payload":"${this.base64(frame)}"}}`);
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

  /** The token comes where the stream was started with one. */
  #checkToken(message: JsonObject): void {
    const connected = message['connected'] as JsonObject | null | undefined;
    const token = connected?.[TOKEN_NAME] ?? message[TOKEN_NAME];
    const expected = this.#streamAuthToken;
    if (expected === undefined || typeof token !== 'string') return;
    if (isSameSecret(token, expected)) return;
    this.refuse('its stream token is another than the one that was given');
  }

  #warnOfError(payload: unknown): void {
    const { code, title } = (payload ?? {}) as JsonObject;
    const shown = (value: unknown, length: number): string =>
      typeof value === 'string' || typeof value === 'number' ? String(value).slice(0, length) : '';
    const fields = { code: shown(code, 20), title: shown(title, 100) };
    this.warn(`error-${fields.code}`, fields, 'Telnyx could not use what we sent');
  }

  #warnOfByteOrder(): void {
    const other = this.#l16ByteOrder === 'little-endian' ? 'big-endian' : 'little-endian';
    this.warn(
      'byte-order',
      { l16ByteOrder: this.#l16ByteOrder },
      `The caller's L16 audio is noise in ${this.#l16ByteOrder} byte order and sound in the other: set l16ByteOrder to '${other}'`,
    );
  }
}

/** Compares in constant time, whatever the lengths. */
export function isSameSecret(given: string, expected: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();
  return timingSafeEqual(hash(given), hash(expected));
}
