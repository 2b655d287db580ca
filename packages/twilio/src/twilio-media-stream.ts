import type {
  JsonMediaProtocol,
  MediaSocket,
  MediaStart,
  PhoneMediaStreamOptions,
} from '@phone-agents/core';
import { JsonMediaStream } from '@phone-agents/core';

/** Twilio docs, "Media Streams: WebSocket Messages". */
const PROTOCOL: JsonMediaProtocol = {
  company: 'Twilio',
  streamId: 'streamSid',
  sequenceNumber: 'sequenceNumber',
  callId: 'callSid',
  mediaFormat: 'mediaFormat',
  sampleRate: 'sampleRate',
  parameters: 'customParameters',
  encodings: { 'audio/x-mulaw': 'PCMU' },
};

/**
 * A Twilio Media Streams WebSocket, bidirectional (`<Connect><Stream>`): mu-law at 8 kHz in base64
 * JSON both ways, digits, marks and clear ("Media Streams: WebSocket Messages").
 *
 * What is not in the protocol (another stream's messages, binary frames, unknown events, wrong
 * base64 or types) is dropped with one warning of each kind, and the call goes on.
 */
export class TwilioMediaStream extends JsonMediaStream {
  #mediaPrefix = '';
  #markPrefix = '';
  #clearMessage = '';

  constructor(socket: MediaSocket, options: PhoneMediaStreamOptions) {
    const outboundFormat = { encoding: 'PCMU', sampleRate: 8000 } as const;
    // Twilio's WebSocket keeps the order, so there is nothing to wait for.
    super(socket, options, { outboundFormat, marks: true, reorderFrames: 0 }, PROTOCOL);
  }

  protected override receiveStart(start: MediaStart): void {
    // Twilio warns of every member beyond these (31951), so nothing is added.
    const sid = JSON.stringify(start.streamId);
    this.#mediaPrefix = `{"event":"media","streamSid":${sid},"media":{"payload":"`;
    this.#markPrefix = `{"event":"mark","streamSid":${sid},"mark":{"name":`;
    this.#clearMessage = `{"event":"clear","streamSid":${sid}}`;
    super.receiveStart(start);
  }

  protected override writeAudio(bytes: Uint8Array): void {
    this.send(`${this.#mediaPrefix}${this.base64(bytes)}"}}`);
  }

  protected override writeMark(name: string): void {
    this.send(`${this.#markPrefix}${JSON.stringify(name)}}}`);
  }

  protected override writeClear(): void {
    this.send(this.#clearMessage);
  }
}
