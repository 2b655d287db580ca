import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { CarrierCall } from '../carrier-call.ts';
import type { CallNews } from '../control/control-protocol.ts';
import { connectLiveCall, type LiveCarrier } from '../control/live-call.ts';
import { isLoopbackHost, isSameLoopbackOrigin } from './loopback-origin.ts';
import { isPagePath, readPageFile } from './page-files.ts';
import { watchAgent, type WatchedAgent } from './watch-agent.ts';

/** Where the page opens its call. */
const LIVE_CALL_PATH = '/phone/call';
/** Two seconds of sound; a page sends 20 ms at a time. */
const MAX_MESSAGE_BYTES = 32_768;

const PAGE_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'permissions-policy': 'microphone=(self)',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** Settings of {@link createBrowserPhone}. */
export interface BrowserPhoneOptions {
  /** Whose transcript, delays and state are shown to the caller. */
  readonly agent?: WatchedAgent | undefined;
  /**
   * Told of each call that a page places, before it rings at the server: `tell` shows the person what
   * only the server knows.
   */
  readonly onCall?: ((call: CarrierCall, tell: (news: CallNews) => void) => void) | undefined;
}

/** A phone in the browser. Made by {@link createBrowserPhone}. */
export interface BrowserPhone {
  /** Answers a request for the page or one of its files. Returns false where it is none, and does nothing then. */
  readonly handleRequest: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** Takes the WebSocket of a call; refuses any other with 404 or 403. */
  readonly handleUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** Hangs up all calls and closes their sockets; resolves when they are closed. Repeatable. */
  readonly close: () => Promise<void>;
}

/**
 * Makes a page at `/` with which a person calls through a simulated carrier, with the computer's
 * microphone and loudspeaker. Only for a server that listens on 127.0.0.1: whoever reaches the page can
 * call. Requests that name another host than this machine, and WebSockets from a page of another
 * origin, are refused.
 *
 * ```ts
 * const browserPhone = createBrowserPhone(carrier, { agent });
 * await servePhone(phone, {
 *   port: 8000,
 *   host: '127.0.0.1',
 *   app: (request, response) => {
 *     if (!browserPhone.handleRequest(request, response)) response.writeHead(404).end();
 *   },
 *   upgrade: browserPhone.handleUpgrade,
 * });
 * ```
 */
export function createBrowserPhone(
  carrier: LiveCarrier,
  options: BrowserPhoneOptions = {},
): BrowserPhone {
  const webSockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
  });
  const calls = new Set<Promise<void>>();
  const closing = new AbortController();
  const callers = new Map<string, (news: CallNews) => void>();
  const unwatch = options.agent && watchAgent(options.agent, (callId) => callers.get(callId));
  const onCall = (call: CarrierCall, tell: (news: CallNews) => void): void => {
    callers.set(call.providerCallId, tell);
    void call.ended.then(() => callers.delete(call.providerCallId));
    options.onCall?.(call, tell);
  };
  return {
    handleRequest: (request, response) => {
      const path = pathOf(request);
      if (!isPagePath(path) || (request.method !== 'GET' && request.method !== 'HEAD'))
        return false;
      if (isLoopbackHost(request.headers)) void sendPage(path, request.method, response);
      else
        sendText(response, 403, 'This page is for the machine it runs on: open it as localhost.');
      return true;
    },
    handleUpgrade: (request, socket, head) => {
      socket.on('error', () => socket.destroy());
      if (pathOf(request) !== LIVE_CALL_PATH) refuse(socket, '404 Not Found');
      else if (!isSameLoopbackOrigin(request.headers)) refuse(socket, '403 Forbidden');
      else {
        webSockets.handleUpgrade(request, socket, head, (webSocket) => {
          const call = connectLiveCall(carrier, webSocket, {
            onCall,
            signal: closing.signal,
          });
          calls.add(call);
          void call.finally(() => calls.delete(call));
        });
      }
    },
    close: async () => {
      unwatch?.();
      closing.abort();
      await Promise.all(calls);
      // A page that does not close its side would keep the server alive.
      for (const client of webSockets.clients) client.terminate();
    },
  };
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?', 1)[0]!;
}

async function sendPage(path: string, method: string, response: ServerResponse): Promise<void> {
  const file = await readPageFile(path).catch(() => undefined);
  if (!file) {
    if (path === '/') {
      sendText(response, 503, 'The page is not built yet: run `npm run build:page`, then reload.');
    } else sendText(response, 404, 'Not Found');
    return;
  }
  response.writeHead(200, {
    ...PAGE_HEADERS,
    'content-type': file.type,
    'content-length': file.body.length,
    'cache-control': file.isImmutable ? 'max-age=31536000, immutable' : 'no-store',
  });
  response.end(method === 'HEAD' ? undefined : file.body);
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
  });
  response.end(`${text}\n`);
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}
