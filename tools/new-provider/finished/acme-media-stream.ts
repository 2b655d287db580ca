import type { AudioFormat, MediaSocket, PhoneMediaStreamOptions } from '@phone-agents/core';
import { PhoneMediaStream } from '@phone-agents/core';

export const ACME_FORMAT: AudioFormat = { encoding: 'PCMU', sampleRate: 8000 };

export class AcmeMediaStream extends PhoneMediaStream {
  constructor(socket: MediaSocket, options: PhoneMediaStreamOptions) {
    super(socket, options, { outboundFormat: ACME_FORMAT, marks: true, reorderFrames: 0 });
  }

  protected override receive(data: Uint8Array): void {
    const message = JSON.parse(Buffer.from(data).toString('utf8')) as Record<string, string>;
    const { event, callId = '', audio = '', digit = '', name = '' } = message;
    if (event === 'start') {
      this.receiveStart({
        streamId: callId,
        providerCallId: callId,
        inboundFormat: ACME_FORMAT,
        parameters: {},
      });
    } else if (event === 'media') this.receiveMedia(Buffer.from(audio, 'base64'));
    else if (event === 'digit') this.receiveDigit(digit);
    else if (event === 'mark') this.receiveMark(name);
    else if (event === 'stop') this.receiveStop();
  }

  protected override writeAudio(bytes: Uint8Array): void {
    this.send(JSON.stringify({ event: 'media', audio: Buffer.from(bytes).toString('base64') }));
  }

  protected override writeMark(name: string): void {
    this.send(JSON.stringify({ event: 'mark', name }));
  }

  protected override writeClear(): void {
    this.send(JSON.stringify({ event: 'clear' }));
  }
}
