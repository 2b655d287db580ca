import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';

/** A request that a test server got. */
export interface ReceivedRequest {
  readonly method: string;
  /** Path and query, as they came. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly form: URLSearchParams;
}

export interface TestAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** One media socket, seen from the server, with a log of messages to wait on. */
export class TestMediaSocket {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly messages: Record<string, unknown>[] = [];
  /** Raw text of each message. */
  readonly texts: string[] = [];
  readonly closed: Promise<number>;
  readonly socket: WebSocket;
  #waiting: (() => void)[] = [];

  constructor(socket: WebSocket, path: string, headers: IncomingHttpHeaders) {
    this.socket = socket;
    this.path = path;
    this.headers = headers;
    socket.on('message', (data: Buffer) => {
      const text = data.toString();
      this.texts.push(text);
      this.messages.push(asObject(text));
      this.#wake();
    });
    this.closed = new Promise((resolve) => {
      socket.on('close', (code) => {
        resolve(code);
        this.#wake();
      });
    });
  }

  /** Messages of one kind so far. */
  of(event: string): Record<string, unknown>[] {
    return this.messages.filter((message) => message['event'] === event);
  }

  /** Resolves when `condition` holds; it is asked after each message. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Resolves with the messages of one kind when there are `count` of them. */
  async wait(event: string, count = 1): Promise<Record<string, unknown>[]> {
    await this.until(() => this.of(event).length >= count);
    return this.of(event);
  }

  get streamSid(): string {
    return String(this.of('start')[0]?.['streamSid']);
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** Sends mu-law audio in the usual spelling. */
  sendAudio(payload: Uint8Array): void {
    const text = Buffer.from(payload).toString('base64');
    this.send({ event: 'media', streamSid: this.streamSid, media: { payload: text } });
  }

  sendMark(name: string): void {
    this.send({ event: 'mark', streamSid: this.streamSid, mark: { name } });
  }

  sendClear(): void {
    this.send({ event: 'clear', streamSid: this.streamSid });
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** What a media message of the carrier holds. */
export function mediaOf(message: Record<string, unknown>) {
  return message['media'] as Readonly<Record<'track' | 'chunk' | 'timestamp' | 'payload', string>>;
}

/** A loopback server that a test writes the answers of. */
export class TestServer {
  readonly requests: ReceivedRequest[] = [];
  readonly sockets: TestMediaSocket[] = [];
  /** What is answered to a request; default: connect the media stream. */
  answer: (request: ReceivedRequest) => TestAnswer | Promise<TestAnswer> = () =>
    twiml(connectStream(this.mediaUrl));
  /** Whether an upgrade is accepted; else it is answered with this HTTP status. */
  admit: () => true | number = () => true;
  readonly #http: Server;
  readonly #websockets = new WebSocketServer({ noServer: true });
  #waiting: (() => void)[] = [];

  private constructor(http: Server) {
    this.#http = http;
    http.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        const received: ReceivedRequest = {
          method: request.method ?? '',
          url: request.url ?? '',
          headers: request.headers,
          body,
          form: new URLSearchParams(body),
        };
        this.requests.push(received);
        for (const resolve of this.#waiting.splice(0)) resolve();
        void Promise.resolve(this.answer(received)).then(
          ({ status = 200, headers, body: text }) => {
            response.writeHead(status, headers ?? { 'content-type': 'text/xml' });
            response.end(text ?? '');
          },
        );
      });
    });
    http.on('upgrade', (request, socket, head) => {
      const admitted = this.admit();
      if (admitted !== true) {
        socket.end(`HTTP/1.1 ${admitted} No\r\nconnection: close\r\n\r\n`);
        return;
      }
      this.#websockets.handleUpgrade(request, socket, head, (websocket) => {
        this.sockets.push(new TestMediaSocket(websocket, request.url ?? '', request.headers));
        for (const resolve of this.#waiting.splice(0)) resolve();
      });
    });
  }

  static async start(): Promise<TestServer> {
    const http = createServer();
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    return new TestServer(http);
  }

  get host(): string {
    return `127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `http://${this.host}`;
  }

  get mediaUrl(): string {
    return `ws://${this.host}/twilio/media/c1/secret`;
  }

  /** Requests to one path so far. */
  to(path: string): ReceivedRequest[] {
    return this.requests.filter((request) => request.url.split('?')[0] === path);
  }

  /** Resolves with the socket number `index` (from 0) when it is there and has started. */
  async socket(index = 0): Promise<TestMediaSocket> {
    await this.until(() => this.sockets.length > index);
    const socket = this.sockets[index]!;
    await socket.wait('start');
    return socket;
  }

  /** Resolves when `condition` holds; it is asked after each request and upgrade. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  async close(): Promise<void> {
    for (const { socket } of this.sockets) socket.terminate();
    await new Promise<void>((resolve) => {
      this.#http.close(() => resolve());
      this.#http.closeAllConnections();
    });
  }
}

export function twiml(verbs: string): TestAnswer {
  return { body: `<?xml version="1.0" encoding="UTF-8"?><Response>${verbs}</Response>` };
}

export function connectStream(url: string, attributes = '', inside = ''): string {
  return `<Connect${attributes}><Stream url="${url}">${inside}</Stream></Connect>`;
}

function asObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : { event: 'not an object' };
  } catch {
    return { event: 'not JSON' };
  }
}
