import type {
  AudioFormat,
  MediaPosition,
  MediaSocket,
  PhoneMediaStreamOptions,
} from '@phone-agents/core';
import { PhoneMediaStream } from '@phone-agents/core';
import type { TwilioInboundMediaMessage, TwilioStartMessage } from './twilio-media-message.ts';
import { parseTwilioMediaMessage } from './twilio-media-message.ts';
import { TwilioMediaReader } from './twilio-media-reader.ts';

const MULAW: AudioFormat = { encoding: 'PCMU', sampleRate: 8000 };
/** A longer message is no audio and no event of Twilio's; it is not even parsed. */
const MAX_MESSAGE_BYTES = 65_536;
/** Numbers that leap further than this are no gap in the audio: they would silence the call. */
const MAX_CHUNK_LEAP = 3_000;
const MAX_TIME_LEAP_MS = 60_000;

/**
 * A Twilio Media Streams WebSocket, bidirectional (`<Connect><Stream>`): mu-law at 8 kHz in base64
 * JSON both ways, digits, marks and clear ("Media Streams: WebSocket Messages").
 *
 * What is not in the protocol (another stream's messages, binary frames, unknown events, wrong
 * base64 or types) is dropped with one warning of each kind, and the call goes on.
 */
export class TwilioMediaStream extends PhoneMediaStream {
  #reader: TwilioMediaReader | undefined;
  #streamSid: string | undefined;
  #lastChunk = 0;
  #lastTimestampMs = 0;
  #mediaPrefix = '';
  #markPrefix = '';
  #clearMessage = '';
  #outbound: Buffer | undefined;
  #outboundSource: Uint8Array | undefined;

  constructor(socket: MediaSocket, options: PhoneMediaStreamOptions) {
    // Twilio's WebSocket keeps the order, so there is nothing to wait for.
    super(socket, options, { outboundFormat: MULAW, marks: true, reorderFrames: 0 });
  }

  protected override receive(data: Uint8Array, isBinary: boolean): void {
    if (isBinary) {
      this.warn('binary', {}, 'A binary message came; Twilio sends text only, so it is dropped');
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
    if (this.#outboundSource !== bytes) {
      this.#outboundSource = bytes;
      this.#outbound = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    this.send(`${this.#mediaPrefix}${this.#outbound!.toString('base64')}"}}`);
  }

  protected override writeMark(name: string): void {
    this.send(`${this.#markPrefix}${JSON.stringify(name)}}}`);
  }

  protected override writeClear(): void {
    this.send(this.#clearMessage);
  }

  #receiveOther(data: Uint8Array): void {
    if (data.byteLength > MAX_MESSAGE_BYTES) {
      this.warn('too-long', { bytes: data.byteLength }, 'A message is too long; it is dropped');
      return;
    }
    const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8');
    const message = parseTwilioMediaMessage(text);
    switch (message.event) {
      case 'invalid':
        this.warn(message.kind, {}, `A message cannot be used and is dropped: ${message.problem}`);
        return;
      case 'connected':
        return;
      case 'start':
        this.#receiveStart(message);
        return;
    }
    if (this.#streamSid === undefined) {
      this.warn('before-start', {}, 'A message came before start; it is dropped');
      return;
    }
    if (message.streamSid !== this.#streamSid) {
      this.warn('wrong-stream', {}, "Another stream's message came; it is dropped");
      return;
    }
    if (message.event === 'media') this.#receiveMedia(message);
    else if (message.event === 'dtmf') this.receiveDigit(message.digit);
    else if (message.event === 'mark') this.receiveMark(message.name);
    else this.receiveStop();
  }

  #receiveStart(message: TwilioStartMessage): void {
    if (this.#streamSid !== undefined) {
      this.warn('second-start', {}, 'A second start came; it is ignored');
      return;
    }
    const { streamSid } = message;
    this.#streamSid = streamSid;
    this.#reader = new TwilioMediaReader(streamSid);
    // Twilio warns of every member beyond these (31951), so nothing is added.
    const sid = JSON.stringify(streamSid);
    this.#mediaPrefix = `{"event":"media","streamSid":${sid},"media":{"payload":"`;
    this.#markPrefix = `{"event":"mark","streamSid":${sid},"mark":{"name":`;
    this.#clearMessage = `{"event":"clear","streamSid":${sid}}`;
    const { encoding, sampleRate, channels } = message;
    if (encoding !== 'audio/x-mulaw' || sampleRate !== 8000 || channels !== 1) {
      this.refuseAudio(
        `Twilio streams ${encoding} at ${sampleRate} Hz with ${channels} channels; only audio/x-mulaw at 8000 Hz with one is supported.`,
      );
      return;
    }
    this.receiveStart({
      streamId: streamSid,
      providerCallId: message.callSid,
      inboundFormat: MULAW,
      parameters: message.parameters,
    });
  }

  #receiveMedia(message: TwilioInboundMediaMessage): void {
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
    reader: TwilioMediaReader,
    chunk: number | undefined,
    timestampMs: number | undefined,
  ): void {
    this.receiveMedia(reader.bytes, this.#position(chunk, timestampMs));
  }

  /** The audio's place, or undefined where the numbers cannot be true: then it follows what came before. */
  #position(chunk: number | undefined, timestampMs: number | undefined): MediaPosition | undefined {
    if (
      chunk === undefined ||
      timestampMs === undefined ||
      chunk - this.#lastChunk > MAX_CHUNK_LEAP ||
      Math.abs(timestampMs - this.#lastTimestampMs) > MAX_TIME_LEAP_MS
    ) {
      this.warn('counters', {}, 'The chunk or timestamp of audio makes no sense; it is ignored');
      return undefined;
    }
    if (chunk > this.#lastChunk) {
      this.#lastChunk = chunk;
      this.#lastTimestampMs = timestampMs;
    }
    return { chunk, timestampMs };
  }
}
