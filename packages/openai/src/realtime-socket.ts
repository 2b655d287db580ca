import type { IncomingMessage } from 'node:http';
import type { Clock, ClockTimer } from '@phone-agents/core';
import type { ClientOptions } from 'ws';
import { WebSocket } from 'ws';
import type { OpenAIRealtimeError } from './openai-error.ts';
import { closedSocket, refusedHandshake, unreachable } from './openai-error.ts';

/** A peer that does not answer a close is left after this. */
const CLOSE_TIMEOUT_MS = 1_000;
/** A line that is dead is noticed after at most this and the next. */
const PING_INTERVAL_MS = 4_000;
/** Of a refusal so much is read. */
const MAX_REFUSAL_BYTES = 4_096;

export interface RealtimeSocketOptions {
  readonly url: string;
  readonly apiKey: string;
  readonly connectTimeoutMs: number;
  readonly clock: Clock;
  /** Told once why the socket is of no use any more. */
  readonly onEnded: (error: OpenAIRealtimeError) => void;
}

/**
 * Opens the socket under the SDK's transport. It tells why a handshake was refused and why a socket
 * ended, which the SDK does not, and notices a line that went dead without a word.
 */
export function openRealtimeSocket(options: RealtimeSocketOptions): WebSocket {
  const { clock } = options;
  // The types of ws do not know `closeTimeout` yet.
  const clientOptions: ClientOptions & { closeTimeout: number } = {
    headers: { Authorization: `Bearer ${options.apiKey}` },
    handshakeTimeout: options.connectTimeoutMs,
    perMessageDeflate: false,
    closeTimeout: CLOSE_TIMEOUT_MS,
  };
  const socket = new WebSocket(options.url, clientOptions);
  let pingTimer: ClockTimer | undefined;
  let isAlive = true;
  let isOver = false;
  const end = (error: OpenAIRealtimeError): void => {
    if (isOver) return;
    isOver = true;
    pingTimer?.cancel();
    options.onEnded(error);
  };
  const ping = (): void => {
    pingTimer = clock.setTimeout(() => {
      if (!isAlive) {
        socket.terminate();
        return;
      }
      isAlive = false;
      socket.ping();
      ping();
    }, PING_INTERVAL_MS);
  };
  const markAlive = (): void => void (isAlive = true);
  socket.on('open', ping);
  socket.on('message', markAlive);
  socket.on('pong', markAlive);
  socket.on('unexpected-response', (request, response) => {
    void readRefusal(response).then((body) => {
      end(refusedHandshake(response.statusCode ?? 0, body));
      request.destroy();
    });
  });
  socket.on('error', (error) => end(unreachable(error)));
  socket.on('close', (code, reason) => {
    pingTimer?.cancel();
    end(closedSocket(code, reason.toString('utf8')));
  });
  return socket;
}

async function readRefusal(response: IncomingMessage): Promise<string> {
  let body = '';
  try {
    for await (const piece of response.setEncoding('utf8')) {
      body += String(piece);
      if (body.length > MAX_REFUSAL_BYTES) break;
    }
  } catch {
    // The status says enough.
  }
  return body;
}
