import type { IncomingHttpHeaders } from 'node:http';
import type { LocalServer } from '@phone-agents/simulator/carrier-kit';
import { readBody, startLocalServer } from '@phone-agents/simulator/carrier-kit';

export interface RestRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown>;
  /** The last part of the path: `answer`, `hangup`. */
  readonly action: string;
}

export interface RestReply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What the server does with a request: `hang` gives no answer, `break` cuts the connection; both carry the command out. */
export type RestAnswer = RestReply | 'hang' | 'break';

const OK: RestAnswer = { status: 200, body: { data: { result: 'ok' } } };

/** A loopback stand-in of Telnyx's REST interface that answers as it is told. */
export class RestServer {
  requests: RestRequest[] = [];
  /** Tells what a request gets; undefined is the usual success. */
  respond: (request: RestRequest) => RestAnswer | undefined = () => undefined;
  #server!: LocalServer;
  /** Commands that were carried out, without those that came with the same id again. */
  #carriedOut = new Map<string, RestRequest>();
  #waiting: { readonly action: string; readonly count: number; readonly resolve: () => void }[] =
    [];

  private constructor() {}

  static async start(): Promise<RestServer> {
    const rest = new RestServer();
    rest.#server = await startLocalServer(0, async (request, response) => {
      const text = (await readBody(request)) || '{}';
      const path = request.url ?? '';
      const answer = rest.#receive({
        method: request.method ?? '',
        path,
        headers: request.headers,
        body: JSON.parse(text) as Record<string, unknown>,
        action: path.slice(path.lastIndexOf('/') + 1),
      });
      if (answer === 'hang') return;
      if (answer === 'break') {
        request.socket.destroy();
        return;
      }
      const { body, headers, status } = answer;
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
    return rest;
  }

  get url(): string {
    return this.#server.baseUrl;
  }

  /** Actions that were carried out, in order. */
  get commands(): string[] {
    return [...this.#carriedOut.values()].map(({ action }) => action);
  }

  /** The request of the first command of a kind that was carried out. */
  command(action: string): RestRequest {
    const found = [...this.#carriedOut.values()].find((request) => request.action === action);
    if (!found) throw new Error(`There was no ${action}.`);
    return found;
  }

  /** Resolves when a command has been carried out so often. */
  async until(action: string, count = 1): Promise<void> {
    if (this.#count(action) >= count) return;
    await new Promise<void>((resolve) => this.#waiting.push({ action, count, resolve }));
  }

  reset(): void {
    this.requests = [];
    this.respond = () => undefined;
    this.#carriedOut = new Map();
    this.#waiting = [];
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  #receive(request: RestRequest): RestAnswer {
    this.requests.push(request);
    const answer = this.respond(request) ?? OK;
    const isTaken = typeof answer === 'string' || answer.status < 300;
    const isDone = isTaken && request.method === 'POST';
    const id = `${request.path} ${String(request.body['command_id'])}`;
    if (isDone && !this.#carriedOut.has(id)) this.#carriedOut.set(id, request);
    this.#waiting = this.#waiting.filter(({ action, count, resolve }) => {
      if (this.#count(action) < count) return true;
      resolve();
      return false;
    });
    return answer;
  }

  #count(action: string): number {
    return this.commands.filter((command) => command === action).length;
  }
}
