import type { IncomingHttpHeaders } from 'node:http';
import type { LocalServer } from '@phone-agents/simulator/carrier-kit';
import { readBody, sendJson, startLocalServer } from '@phone-agents/simulator/carrier-kit';

export interface RestRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly form: Record<string, string>;
}

/** What the server does with the next requests. */
export type RestAnswer = { readonly status: number; readonly body: unknown } | 'hang' | 'break';

const JSON_TYPE = { 'content-type': 'application/json' };

/** A loopback stand-in of Twilio's REST interface that answers as it is told. */
export class RestServer {
  readonly requests: RestRequest[] = [];
  answer: RestAnswer = { status: 200, body: {} };
  #server!: LocalServer;

  private constructor() {}

  static async start(): Promise<RestServer> {
    const rest = new RestServer();
    rest.#server = await startLocalServer(0, async (request, response) => {
      rest.requests.push({
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        form: Object.fromEntries(new URLSearchParams(await readBody(request))),
      });
      const { answer } = rest;
      if (answer === 'hang') return;
      if (answer === 'break') request.socket.destroy();
      else if (typeof answer.body !== 'string') sendJson(response, answer.status, answer.body);
      else response.writeHead(answer.status, JSON_TYPE).end(answer.body);
    });
    return rest;
  }

  get url(): string {
    return this.#server.baseUrl;
  }

  close(): Promise<void> {
    return this.#server.close();
  }
}
