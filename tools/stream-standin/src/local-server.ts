import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { ApiError } from './coordinator/api-error.ts';

/** Only this machine reaches it. */
export const LOCAL_ADDRESS = '127.0.0.1';
const MAX_BODY_BYTES = 4_000_000;

/** One HTTP request, read to its end. */
export interface LocalRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface LocalAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Text or bytes are sent as they are, anything else as JSON. */
  readonly body?: unknown;
}

export interface LocalServerHandlers {
  /** What it throws becomes an answer in Stream's words; undefined breaks the connection without one. */
  request(request: LocalRequest): Promise<LocalAnswer | undefined>;
  upgrade(url: URL, request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

export interface LocalServer {
  /** Without a slash at the end. */
  readonly baseUrl: string;
  close(): Promise<void>;
}

/** Listens on this machine; port 0 is any free port. Pages of other ports of this machine may use it. */
export async function startLocalServer(
  port: number,
  handlers: LocalServerHandlers,
): Promise<LocalServer> {
  const server = createServer((request, response) => {
    void answer(request, response, handlers);
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    handlers.upgrade(urlOf(request), request, socket, head);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, LOCAL_ADDRESS, resolve);
  });
  return {
    baseUrl: `http://${LOCAL_ADDRESS}:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  handlers: LocalServerHandlers,
): Promise<void> {
  const cors = crossOriginHeaders(request);
  if (request.method === 'OPTIONS') {
    response.writeHead(204, cors).end();
    return;
  }
  let result: LocalAnswer | undefined;
  try {
    const body = await readBody(request);
    const { method = 'GET', headers } = request;
    result = await handlers.request({ method, url: urlOf(request), headers, body });
  } catch (error) {
    const known = error instanceof ApiError ? error : undefinedFailure(error);
    result = { status: known.status, body: known.toBody() };
  }
  if (result === undefined) {
    request.socket.destroy();
    return;
  }
  const { status, headers, body = {} } = result;
  const isRaw = typeof body === 'string' || body instanceof Uint8Array;
  response.writeHead(status, { 'content-type': 'application/json', ...cors, ...headers });
  response.end(isRaw ? body : JSON.stringify(body));
}

function undefinedFailure(error: unknown): ApiError {
  return new ApiError(500, -1, `the stand-in failed: ${String(error)}`);
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new ApiError(413, 22, 'the body is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** A browser's page on this machine, on whichever port, may read the answers. */
function crossOriginHeaders(request: IncomingMessage): Record<string, string> {
  const { origin } = request.headers;
  if (
    origin === undefined ||
    !/^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(origin)
  ) {
    return {};
  }
  return {
    'access-control-allow-origin': origin,
    vary: 'origin',
    'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
    'access-control-allow-headers': String(
      request.headers['access-control-request-headers'] ?? '*',
    ),
    'access-control-expose-headers': '*, x-amz-cf-pop',
    'access-control-max-age': '600',
  };
}

function urlOf(request: IncomingMessage): URL {
  return new URL(request.url ?? '/', `http://${LOCAL_ADDRESS}`);
}
