import type { JsonMediaProtocol, MediaSocket, PhoneMediaStreamOptions } from '@phone-agents/core';
import { JsonMediaStream } from '@phone-agents/core';

const PROTOCOL: JsonMediaProtocol = {
  company: 'Acme',
  streamId: 'streamId',
  sequenceNumber: 'sequenceNumber',
  callId: 'callId',
  mediaFormat: 'mediaFormat',
  sampleRate: 'sampleRate',
  parameters: 'parameters',
  encodings: { 'audio/x-mulaw': 'PCMU' },
};

export class AcmeMediaStream extends JsonMediaStream {
  constructor(socket: MediaSocket, options: PhoneMediaStreamOptions) {
    const outboundFormat = { encoding: 'PCMU', sampleRate: 8000 } as const;
    super(socket, options, { outboundFormat, marks: true, reorderFrames: 0 }, PROTOCOL);
  }

  protected override writeAudio(bytes: Uint8Array): void {
    this.send(`{"event":"media","media":{"payload":"${this.base64(bytes)}"}}`);
  }

  protected override writeMark(name: string): void {
    this.send(JSON.stringify({ event: 'mark', mark: { name } }));
  }

  protected override writeClear(): void {
    this.send('{"event":"clear"}');
  }
}
