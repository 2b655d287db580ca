import type { MediaSocket, MediaSocketHandlers } from '@phone-agents/core';

/** A media socket whose far end is the test. */
export class TestSocket implements MediaSocket {
  bufferedAmount = 0;
  readonly sent: (string | Uint8Array)[] = [];
  closedWith: number | undefined;
  #handlers: MediaSocketHandlers | undefined;

  send(data: string | Uint8Array): void {
    this.sent.push(typeof data === 'string' ? data : data.slice());
  }

  close(code: number): void {
    if (this.closedWith !== undefined) return;
    this.closedWith = code;
    this.#handlers?.close(code, '');
  }

  setHandlers(handlers: MediaSocketHandlers): void {
    this.#handlers = handlers;
  }

  /** A message comes from Telnyx; objects as JSON. Its bytes are overwritten afterwards, as they are borrowed. */
  receive(message: unknown, isBinary = false): void {
    const data =
      message instanceof Uint8Array
        ? Buffer.from(message)
        : Buffer.from(typeof message === 'string' ? message : JSON.stringify(message));
    this.#handlers?.message(data, isBinary);
    data.fill(0x20);
  }

  /** The connection is lost without a word. */
  lose(): void {
    this.#handlers?.close(1006, '');
  }
}
