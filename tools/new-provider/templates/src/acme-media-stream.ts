import type { AudioFormat, MediaSocket, PhoneMediaStreamOptions } from '@phone-agents/core';
import { PhoneMediaStream } from '@phone-agents/core';
import { noteUnfinished, unfinished } from './unfinished.ts';

/** How our audio goes to Acme. */
export const ACME_FORMAT: AudioFormat = { encoding: 'PCMU', sampleRate: 8000 };

/**
 * Acme's media WebSocket. What is the same for every company (order, gaps, framing, codecs,
 * admission, limits, the one end) is done by `PhoneMediaStream`; here are Acme's messages alone.
 */
export class AcmeMediaStream extends PhoneMediaStream {
  constructor(socket: MediaSocket, options: PhoneMediaStreamOptions) {
    // Without marks, what was played is estimated by the clock.
    super(socket, options, { outboundFormat: ACME_FORMAT, marks: true, reorderFrames: 0 });
  }

  /** One message of Acme's. Bad input is for `this.warn`; nothing here may end the process. */
  protected override receive(_data: Uint8Array, _isBinary: boolean): void {
    unfinished(
      'receive() in src/acme-media-stream.ts',
      'Read the message and call receiveStart, receiveMedia, receiveDigit, receiveMark or receiveStop.',
    );
  }

  /** `bytes` is reused afterwards. */
  protected override writeAudio(_bytes: Uint8Array): void {
    noteUnfinished(
      'writeAudio() in src/acme-media-stream.ts',
      "Send 20 ms of encoded audio with this.send, in Acme's message.",
    );
  }

  protected override writeMark(_name: string): void {
    noteUnfinished(
      'writeMark() in src/acme-media-stream.ts',
      'Ask for an echo when all audio sent so far was played; or set marks to false above.',
    );
  }

  protected override writeClear(): void {
    noteUnfinished(
      'writeClear() in src/acme-media-stream.ts',
      'Drop the audio that Acme holds and has not played yet: the caller has interrupted.',
    );
  }
}
