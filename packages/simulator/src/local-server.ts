import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Handles one request; what it throws becomes a plain 500. */
export type LocalHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** An HTTP server that only this machine reaches. */
export interface LocalServer {
  /** `http://127.0.0.1:<port>` */
  readonly baseUrl: string;
  /** Stops listening and breaks all connections. */
  close(): Promise<void>;
}

/** Listens on 127.0.0.1. Port 0 is any free port. */
export async function startLocalServer(port: number, handler: LocalHandler): Promise<LocalServer> {
  const server: Server = createServer((request, response) => {
    handler(request, response).catch(() => {
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' });
      response.end('The simulator failed to handle this request.');
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A request's body as text, or undefined where it is longer than allowed. Default: a megabyte. */
export async function readBody(
  request: IncomingMessage,
  maxBytes = 1_048_576,
): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Answers with JSON. */
export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
