import type { Clock, ClockTimer, MediaSocket, MediaSocketHandlers } from '@phone-agents/core';
import { systemClock } from '@phone-agents/core';

/** How long the other side has to answer our close frame before the connection is cut. */
const CLOSE_TIMEOUT_MS = 2_000;
/** Messages that come before the socket has an owner are kept up to this; then reading waits. */
const MAX_KEPT_BYTES = 65_536;
/** The longest close reason that fits into a control frame (RFC 6455, section 5.5). */
const MAX_REASON_BYTES = 123;

/** What {@link wrapWebSocket} needs of a WebSocket; every socket of the `ws` package has it. */
export interface WebSocketLike {
  readonly readyState: number;
  readonly bufferedAmount: number;
  send(data: string | Uint8Array): void;
  close(code?: number, reason?: string): void;
  terminate(): void;
  pause(): void;
  resume(): void;
  on(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): unknown;
  on(event: 'close', listener: (code: number, reason: Buffer) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/** Options of {@link wrapWebSocket}; all have defaults. */
export interface WrapWebSocketOptions {
  /** Measures the 2 s that the other side has to follow a close; default the machine's clock. */
  readonly clock?: Clock | undefined;
}

type Delivery = (handlers: MediaSocketHandlers) => void;

const OPEN = 1;

/**
 * Makes a socket of the `ws` package (with its default `binaryType`) a {@link MediaSocket}: for your
 * own routes, where `servePhone` and `mountPhone` do not fit.
 *
 * ```ts
 * const admission = await phone.admitMedia({ path, query, headers });
 * webSocketServer.handleUpgrade(request, socket, head, (webSocket) => {
 *   admission.accept(wrapWebSocket(webSocket));
 * });
 * ```
 *
 * What comes before `setHandlers` is kept and delivered first. Bytes given to `send` may be reused
 * as soon as it returns. `close` cuts the connection where the other side does not follow within 2 s.
 */
export function wrapWebSocket(
  webSocket: WebSocketLike,
  options: WrapWebSocketOptions = {},
): MediaSocket {
  const clock = options.clock ?? systemClock;
  let handlers: MediaSocketHandlers | undefined;
  let kept: Delivery[] = [];
  let keptBytes = 0;
  let isPaused = false;
  let closeTimer: ClockTimer | undefined;

  const deliver = (delivery: Delivery): void => {
    if (handlers && kept.length === 0) delivery(handlers);
    else kept.push(delivery);
  };

  const deliverKept = (): void => {
    // By index: an owner may close the socket here, and what that brings belongs at the end.
    for (let index = 0; handlers && index < kept.length; index++) kept[index]!(handlers);
    kept = [];
    resume();
  };

  const resume = (): void => {
    if (isPaused) webSocket.resume();
    isPaused = false;
  };

  webSocket.on('message', (data, isBinary) => {
    if (handlers && kept.length === 0) {
      handlers.message(data, isBinary);
      return;
    }
    kept.push((owner) => owner.message(data, isBinary));
    keptBytes += data.byteLength;
    if (keptBytes > MAX_KEPT_BYTES && !isPaused) {
      isPaused = true;
      webSocket.pause();
    }
  });
  webSocket.on('error', (error) => deliver((owner) => owner.error(error)));
  webSocket.on('close', (code, reason) => {
    closeTimer?.cancel();
    deliver((owner) => owner.close(code, reason.toString('utf8')));
  });

  return {
    get bufferedAmount() {
      return webSocket.bufferedAmount;
    },
    send(data) {
      if (webSocket.readyState !== OPEN) return;
      // `ws` keeps a reference to what the network does not take at once, and callers reuse their buffers.
      webSocket.send(typeof data === 'string' ? data : Buffer.from(data));
    },
    close(code, reason) {
      if (webSocket.readyState > OPEN) return;
      closeTimer = clock.setTimeout(() => webSocket.terminate(), CLOSE_TIMEOUT_MS);
      // The other side's close frame may be behind messages that nobody has read.
      resume();
      try {
        webSocket.close(code, shorten(reason));
      } catch {
        // A code that may not be sent (1006, say) still means: end it.
        webSocket.terminate();
      }
    },
    setHandlers(owner) {
      handlers = owner;
      // Not at once: a media stream sets its handlers while it is still being constructed.
      if (kept.length > 0) queueMicrotask(deliverKept);
    },
  };
}

function shorten(reason: string): string {
  let short = reason;
  while (Buffer.byteLength(short) > MAX_REASON_BYTES) short = short.slice(0, -1);
  return short;
}
