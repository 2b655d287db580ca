import type { Clock } from '@phone-agents/core';
import { WebSocket } from 'ws';

const HANDSHAKE_TIMEOUT_MS = 10_000;
/** A server that does not answer our closing is cut off. */
const CLOSE_TIMEOUT_MS = 2_000;
/** Beyond this a server does not read any more. */
const MAX_UNSENT_BYTES = 1_000_000;

/** How a media socket came to its end. */
export interface CarrierSocketEnd {
  /**
   * `stopped`: the carrier ended it. `closed`: the server closed it, or it broke. `dropped`: the
   * carrier's side broke without a word. `refused`: it was turned away, with an HTTP status.
   * `unreachable`: it never opened for another reason.
   */
  readonly kind: 'stopped' | 'closed' | 'dropped' | 'refused' | 'unreachable';
  /** Why it was unreachable: `timeout`, `given-up`, or the system's code, such as `ECONNREFUSED`. */
  readonly cause?: string | undefined;
  readonly detail: string;
}

/** What a {@link CarrierSocket} is made with. */
export interface CarrierSocketOptions {
  /** Address on this network. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly clock: Clock;
  /** When it breaks by itself, in ms from the opening; absent: never. */
  readonly dropAfterMs?: number | undefined;
  readonly onOpen: () => void;
  /** A message of the server's; none comes before the opening or after the end. */
  readonly onMessage: (data: Buffer, isBinary: boolean) => void;
  /** It is of no use any more: just before `ended` resolves. */
  readonly onOver: () => void;
}

/** A carrier's end of one media WebSocket, whatever is spoken on it. */
export class CarrierSocket {
  /** Resolves when it is of no use any more. */
  readonly ended: Promise<CarrierSocketEnd>;
  /** Resolves when nothing of it is left on the network, some time after `ended`. */
  readonly released: Promise<void>;
  readonly #options: CarrierSocketOptions;
  readonly #socket: WebSocket;
  readonly #timers = new Set<{ cancel(): void }>();
  #resolveEnded!: (end: CarrierSocketEnd) => void;
  #state: 'connecting' | 'open' | 'over' = 'connecting';

  constructor(options: CarrierSocketOptions) {
    this.#options = options;
    this.ended = new Promise((resolve) => (this.#resolveEnded = resolve));
    this.#socket = new WebSocket(options.url, {
      headers: options.headers ?? {},
      perMessageDeflate: false,
      followRedirects: false,
    });
    this.released = new Promise((resolve) => this.#socket.once('close', () => resolve()));
    this.#after(HANDSHAKE_TIMEOUT_MS, () => {
      this.#unreachable('timeout', 'The WebSocket handshake took too long.');
    });
    this.#listen();
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** Whether the server does not read any more: what is sent now would only pile up. */
  get isFull(): boolean {
    return this.#socket.bufferedAmount >= MAX_UNSENT_BYTES;
  }

  /** Sends a message, where it is open. */
  send(message: string | Uint8Array): void {
    if (this.#state === 'open' && this.#socket.readyState === WebSocket.OPEN) {
      this.#socket.send(message);
    }
  }

  /** Ends it with a closing handshake; what the protocol wants to say before is to be sent before. */
  stop(): void {
    this.#unreachable('given-up', 'The stream was ended before it opened.');
    if (this.#state !== 'open') return;
    this.#finish({ kind: 'stopped', detail: 'The carrier ended the stream.' });
    this.#socket.close(1000);
    this.#after(CLOSE_TIMEOUT_MS, () => this.#socket.terminate());
  }

  /** It breaks without a closing handshake. */
  drop(): void {
    if (this.#state === 'over') return;
    this.#finish({ kind: 'dropped', detail: 'The media socket broke.' });
    this.#socket.terminate();
  }

  /** Lets go of the network at once. */
  destroy(): void {
    this.#finish({ kind: 'dropped', detail: 'The carrier was closed.' });
    this.#clearTimers();
    this.#socket.terminate();
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on('open', () => this.#open());
    socket.on('message', (data: Buffer, isBinary) => {
      if (this.#state === 'open') this.#options.onMessage(data, isBinary);
    });
    socket.on('unexpected-response', (request, response) => {
      request.destroy();
      const detail = `The server answered the WebSocket handshake with ${response.statusCode ?? 0}, not 101.`;
      this.#neverOpened({ kind: 'refused', detail });
    });
    socket.on('error', (error: NodeJS.ErrnoException) =>
      this.#unreachable(error.code, error.message),
    );
    socket.on('close', (code, reason) => {
      const why = reason.length > 0 ? ` (${reason.toString()})` : '';
      const detail = `The server closed the media socket with ${code}${why}.`;
      this.#finish({ kind: 'closed', detail });
      this.#clearTimers();
    });
  }

  #open(): void {
    if (this.#state !== 'connecting') return;
    this.#state = 'open';
    const { dropAfterMs, onOpen } = this.#options;
    if (dropAfterMs !== undefined) this.#after(dropAfterMs, () => this.drop());
    onOpen();
  }

  #unreachable(cause: string | undefined, detail: string): void {
    this.#neverOpened({ kind: 'unreachable', cause, detail });
  }

  #neverOpened(end: CarrierSocketEnd): void {
    if (this.#state !== 'connecting') return;
    this.#finish(end);
    this.#socket.terminate();
  }

  #finish(end: CarrierSocketEnd): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#clearTimers();
    this.#options.onOver();
    this.#resolveEnded(end);
  }

  #after(delayMs: number, action: () => void): void {
    const timer = this.#options.clock.setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, delayMs);
    this.#timers.add(timer);
  }

  #clearTimers(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }
}
