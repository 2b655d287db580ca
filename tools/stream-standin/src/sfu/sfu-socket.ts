import { SfuEvents } from '@stream-io/video-client';
import type { RawData, WebSocket } from 'ws';
import type { NetworkFaults } from '../network-faults.ts';

/** What a media server tells a client. */
export type SfuEventPayload = Exclude<
  SfuEvents.SfuEvent['eventPayload'],
  { readonly oneofKind: undefined }
>;
/** What a client tells a media server. */
export type SfuRequestPayload = SfuEvents.SfuRequest['requestPayload'];

/** The signalling socket of one participant: protocol buffers both ways, held back by outages. */
export class SfuSocket {
  readonly userId: string;
  readonly #socket: WebSocket;
  readonly #network: NetworkFaults;

  constructor(socket: WebSocket, userId: string, network: NetworkFaults) {
    this.userId = userId;
    this.#socket = socket;
    this.#network = network;
    socket.on('error', () => socket.terminate());
  }

  onRequest(listener: (request: SfuRequestPayload) => void): void {
    this.#socket.on('message', (data) => {
      void this.#network.passable(this.userId).then(() => {
        const request = decode(data);
        if (request === undefined) this.#socket.close(1003, 'a protocol buffer was expected');
        else listener(request);
      });
    });
  }

  onClose(listener: (code: number) => void): void {
    this.#socket.on('close', listener);
  }

  send(eventPayload: SfuEventPayload): void {
    const bytes = SfuEvents.SfuEvent.toBinary(SfuEvents.SfuEvent.create({ eventPayload }));
    void this.#network.passable(this.userId).then(() => {
      if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(bytes);
    });
  }

  /** What was sent before is still delivered. */
  close(code = 1000, reason = ''): void {
    void this.#network.passable(this.userId).then(() => this.#socket.close(code, reason));
  }

  /** Breaks the connection without a closing handshake. */
  terminate(): void {
    this.#socket.terminate();
  }
}

function decode(data: RawData): SfuRequestPayload | undefined {
  if (!(data instanceof Buffer)) return undefined;
  try {
    return SfuEvents.SfuRequest.fromBinary(data).requestPayload;
  } catch {
    return undefined;
  }
}
