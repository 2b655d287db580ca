import type { IncomingHttpHeaders, Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RestRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly form: Record<string, string>;
}

/** What the server does with the next requests. */
export type RestAnswer = { readonly status: number; readonly body: unknown } | 'hang' | 'break';

/** A loopback stand-in of Twilio's REST interface that answers as it is told. */
export class RestServer {
  readonly requests: RestRequest[] = [];
  answer: RestAnswer = { status: 200, body: {} };
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<RestServer> {
    const server = createServer();
    const rest = new RestServer(server);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        rest.requests.push({
          method: request.method ?? '',
          path: request.url ?? '',
          headers: request.headers,
          form: Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString())),
        });
        const { answer } = rest;
        if (answer === 'hang') return;
        if (answer === 'break') {
          request.socket.destroy();
          return;
        }
        response.writeHead(answer.status, { 'content-type': 'application/json' });
        response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return rest;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }
}
