import type { DeepgramTransport as Transport, DeepgramTransportMessage } from '@deepgram/sdk';
import type { ClientOptions } from 'ws';
import { WebSocket } from 'ws';
import type { DeepgramError } from './deepgram-error.ts';
import { closedSocket, refusedHandshake, unreachable } from './deepgram-error.ts';

/** A peer that does not answer a close is left after this. */
const CLOSE_TIMEOUT_MS = 1_000;

/**
 * The socket under the SDK's. The SDK's own hides why a handshake was refused, waits seconds before
 * it connects again, and then does not know which audio got lost; here the stream decides all that.
 */
export class DeepgramTransport implements Transport {
  readonly #socket: WebSocket;
  readonly #onEnded: (error: DeepgramError) => void;
  #openListener = (): void => {};
  #messageListener: (message: string) => void = () => {};
  #isEnded = false;

  /** @param onEnded Told once that the socket is of no use any more, unless `close` was called. */
  constructor(
    url: string,
    headers: Record<string, string>,
    connectTimeoutMs: number,
    onEnded: (error: DeepgramError) => void,
  ) {
    this.#onEnded = onEnded;
    // The types of ws do not know `closeTimeout` yet.
    const options: ClientOptions & { closeTimeout: number } = {
      headers,
      handshakeTimeout: connectTimeoutMs,
      perMessageDeflate: false,
      closeTimeout: CLOSE_TIMEOUT_MS,
    };
    const socket = new WebSocket(url, options);
    this.#socket = socket;
    socket.on('open', () => this.#openListener());
    socket.on('message', (data, isBinary) => {
      // Deepgram's messages are all text.
      if (!isBinary && !this.#isEnded) this.#messageListener((data as Buffer).toString('utf8'));
    });
    socket.on('unexpected-response', (request, response) => {
      const detail = response.headers['dg-error'];
      request.destroy();
      this.#end(refusedHandshake(response.statusCode ?? 0, detail?.toString()));
    });
    socket.on('error', (error) => this.#end(unreachable(error)));
    socket.on('close', (code, reason) => this.#end(closedSocket(code, reason.toString('utf8'))));
  }

  send(data: DeepgramTransportMessage): void {
    if (this.isOpen()) this.#socket.send(data as string | Uint8Array);
  }

  onOpen(listener: () => void): void {
    this.#openListener = listener;
  }

  onMessage(listener: (message: string) => void): void {
    this.#messageListener = listener;
  }

  // Both are told to the stream, with their cause.
  onError(): void {}
  onClose(): void {}

  isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  close(): void {
    this.#isEnded = true;
    this.#socket.close(1000);
  }

  #end(error: DeepgramError): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#onEnded(error);
  }
}
