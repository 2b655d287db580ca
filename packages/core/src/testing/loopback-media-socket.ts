import type { MediaSocket, MediaSocketHandlers } from '../media/media-socket.ts';

/** Two ends of one connection, made by {@link createLoopbackMediaSockets}. */
export interface LoopbackMediaSockets {
  /** For the media stream under test. */
  readonly ours: LoopbackMediaSocket;
  /** For what plays the provider. */
  readonly theirs: LoopbackMediaSocket;
}

/**
 * A WebSocket in memory, for tests of media streams: what one end sends comes to the other in order,
 * within the same turn of the event loop but never during `send`. The bytes that a handler gets are
 * overwritten when it returns, as a real socket may do.
 */
export function createLoopbackMediaSockets(): LoopbackMediaSockets {
  const ours = new LoopbackMediaSocket();
  const theirs = new LoopbackMediaSocket();
  ours.connect(theirs);
  theirs.connect(ours);
  return { ours, theirs };
}

type Delivery = (handlers: MediaSocketHandlers) => void;

/** One end. Made by {@link createLoopbackMediaSockets}. */
export class LoopbackMediaSocket implements MediaSocket {
  /** Set it to play a network that does not keep up. */
  bufferedAmount = 0;
  #peer: LoopbackMediaSocket | undefined;
  #handlers: MediaSocketHandlers | undefined;
  #waiting: Delivery[] = [];
  #isScheduled = false;
  #isClosed = false;

  /** Whether either end has closed it. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  send(data: string | Uint8Array): void {
    if (this.#isClosed) return;
    const isBinary = typeof data !== 'string';
    const bytes = isBinary ? new Uint8Array(data) : new TextEncoder().encode(data);
    this.#peer?.deliver((handlers) => {
      handlers.message(bytes, isBinary);
      bytes.fill(0xaa);
    });
  }

  close(code: number, reason: string): void {
    if (this.#isClosed) return;
    this.finish(code, reason);
    this.#peer?.finish(code, reason);
  }

  /** Breaks the connection without a word: both ends get an error, then the close code 1006. */
  destroy(): void {
    if (this.#isClosed) return;
    for (const end of [this, this.#peer]) {
      end?.deliver((handlers) => handlers.error(new Error('The connection broke.')));
      end?.finish(1006, '');
    }
  }

  setHandlers(handlers: MediaSocketHandlers): void {
    if (this.#handlers) throw new Error('A media socket has one owner.');
    this.#handlers = handlers;
    this.#schedule();
  }

  /** For the other end. */
  connect(peer: LoopbackMediaSocket): void {
    this.#peer = peer;
  }

  /** For the other end. */
  deliver(delivery: Delivery): void {
    this.#waiting.push(delivery);
    this.#schedule();
  }

  /** For the other end. */
  finish(code: number, reason: string): void {
    this.#isClosed = true;
    this.deliver((handlers) => handlers.close(code, reason));
  }

  #schedule(): void {
    if (this.#isScheduled || !this.#handlers) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      for (const delivery of this.#waiting.splice(0)) delivery(this.#handlers!);
    });
  }
}
