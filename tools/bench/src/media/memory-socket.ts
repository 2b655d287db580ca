import type { MediaSocket, MediaSocketHandlers } from '@phone-agents/core';

/** A socket without a network: what is sent is counted, what is received is given by hand. */
export class MemorySocket implements MediaSocket {
  readonly bufferedAmount = 0;
  sentMessages = 0;
  sentBytes = 0;
  #handlers: MediaSocketHandlers | undefined;

  send(data: string | Uint8Array): void {
    this.sentMessages++;
    this.sentBytes += data.length;
  }

  close(): void {
    this.#handlers?.close(1000, '');
  }

  setHandlers(handlers: MediaSocketHandlers): void {
    this.#handlers = handlers;
  }

  receive(data: Uint8Array): void {
    this.#handlers?.message(data, false);
  }
}
