import type { Clock } from '../clock/clock.ts';
import { silentLogger } from '../logging/logger.ts';
import type { MediaSocket } from '../media/media-socket.ts';
import type { PhoneMediaStreamOptions } from '../media/phone-media-stream.ts';
import { PhoneMediaStream } from '../media/phone-media-stream.ts';
import type { SampleRate } from '../audio/audio-frame.ts';

/** What the streams below are made with, where a test looks at neither log nor admission. */
export function quietOptions(clock: Clock): PhoneMediaStreamOptions {
  return { clock, logger: silentLogger, callId: 'c1', admit: async () => {} };
}

/** What the two protocols below say in text. */
export interface TextMessage {
  readonly event: string;
  readonly callId?: string;
  readonly encoding?: 'PCMU' | 'L16';
  readonly rate?: SampleRate;
  readonly chunk?: number;
  readonly timestampMs?: number;
  readonly payload?: string;
  readonly digit?: string;
  readonly name?: string;
}

function text(data: Uint8Array): TextMessage {
  return JSON.parse(Buffer.from(data).toString('utf8')) as TextMessage;
}

/** A protocol with binary L16 frames and without marks or numbers: the shape of Vonage. */
export class BinaryLoopbackStream extends PhoneMediaStream {
  constructor(socket: MediaSocket, options: PhoneMediaStreamOptions) {
    super(socket, options, {
      outboundFormat: { encoding: 'L16', sampleRate: 16000 },
      marks: false,
      reorderFrames: 0,
    });
  }

  protected override receive(data: Uint8Array, isBinary: boolean): void {
    if (isBinary) {
      this.receiveMedia(data);
      return;
    }
    const message = text(data);
    if (message.event === 'connected') {
      this.receiveStart({
        streamId: 's1',
        providerCallId: message.callId ?? '',
        inboundFormat: { encoding: 'L16', sampleRate: message.rate ?? 16000 },
        parameters: {},
      });
    } else if (message.event === 'dtmf') this.receiveDigit(message.digit ?? '');
  }

  protected override writeAudio(bytes: Uint8Array): void {
    this.send(bytes);
  }

  protected override writeMark(): void {}

  protected override writeClear(): void {
    this.send(JSON.stringify({ event: 'clear' }));
  }
}

/** A protocol of text messages with numbers, base64 mu-law and marks. */
export class MarkedLoopbackStream extends PhoneMediaStream {
  constructor(socket: MediaSocket, options: PhoneMediaStreamOptions) {
    super(socket, options, {
      outboundFormat: { encoding: 'PCMU', sampleRate: 8000 },
      marks: true,
      reorderFrames: 3,
    });
  }

  protected override receive(data: Uint8Array): void {
    const message = text(data);
    switch (message.event) {
      case 'start':
        this.receiveStart({
          streamId: 's1',
          providerCallId: message.callId ?? '',
          inboundFormat: {
            encoding: message.encoding ?? 'PCMU',
            sampleRate: message.rate ?? 8000,
          },
          parameters: {},
        });
        break;
      case 'media': {
        const { chunk, timestampMs, payload = '' } = message;
        const position =
          chunk === undefined || timestampMs === undefined ? undefined : { chunk, timestampMs };
        this.receiveMedia(Buffer.from(payload, 'base64'), position);
        break;
      }
      case 'dtmf':
        this.receiveDigit(message.digit ?? '');
        break;
      case 'mark':
        this.receiveMark(message.name ?? '');
        break;
      case 'stop':
        this.receiveStop();
        break;
    }
  }

  protected override writeAudio(bytes: Uint8Array): void {
    const payload = Buffer.from(bytes).toString('base64');
    this.send(JSON.stringify({ event: 'media', payload }));
  }

  protected override writeMark(name: string): void {
    this.send(JSON.stringify({ event: 'mark', name }));
  }

  protected override writeClear(): void {
    this.send(JSON.stringify({ event: 'clear' }));
  }
}
