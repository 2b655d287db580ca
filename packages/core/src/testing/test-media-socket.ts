import type { MediaSocket, MediaSocketHandlers } from '../media/media-socket.ts';

/**
 * A media socket whose far end is the test: it keeps what is sent, and gives a media stream what the
 * provider would send, at once. For two ends that run by themselves see `createLoopbackMediaSockets`.
 */
export class TestMediaSocket implements MediaSocket {
  /** Set it to play a network that does not keep up. */
  bufferedAmount = 0;
  /** All messages that were sent, in order. */
  readonly sent: (string | Uint8Array)[] = [];
  /** The code that our side has closed it with. */
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

  /**
   * A message comes from the provider: text and bytes as they are, anything else as JSON. Its bytes
   * are overwritten afterwards, as they are borrowed.
   */
  receive(message: unknown, isBinary = false): void {
    const data =
      message instanceof Uint8Array
        ? Buffer.from(message)
        : Buffer.from(typeof message === 'string' ? message : JSON.stringify(message));
    this.#handlers?.message(data, isBinary);
    data.fill(0x20);
  }

  /** The connection is lost without a word: close code 1006. */
  lose(): void {
    this.#handlers?.close(1006, '');
  }
}
