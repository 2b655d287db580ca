import type { JsonMediaProtocol, MediaSocket, PhoneMediaStreamOptions } from '@phone-agents/core';
import { JsonMediaStream } from '@phone-agents/core';
import { noteUnfinished } from './unfinished.ts';

/** What Acme calls the things in its media messages: take the names from its documentation. */
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

/**
 * Acme's media WebSocket. What is the same for every company (order, gaps, framing, codecs,
 * admission, limits, the one end) is done by core, and so is the reading of JSON with audio as base64;
 * events that only Acme has are for `receiveEvent`. For any other protocol extend `PhoneMediaStream`,
 * and write `receive` instead of the names above.
 */
export class AcmeMediaStream extends JsonMediaStream {
  constructor(socket: MediaSocket, options: PhoneMediaStreamOptions) {
    const outboundFormat = { encoding: 'PCMU', sampleRate: 8000 } as const;
    // Without marks, what was played is estimated by the clock.
    super(socket, options, { outboundFormat, marks: true, reorderFrames: 0 }, PROTOCOL);
  }

  /** `bytes` is reused afterwards. */
  protected override writeAudio(_bytes: Uint8Array): void {
    noteUnfinished(
      'writeAudio() in src/acme-media-stream.ts',
      "Send 20 ms of encoded audio with this.send, in Acme's message: this.base64(bytes).",
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
