import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { WebSocket } from 'ws';
import { CONTENT_TYPE, isRecord, parseRecord, signWebhook, textOf } from './binary-protocol.ts';

/** What the server told the carrier to do with a call. */
export interface CarrierCommand {
  readonly callId: string;
  readonly action: string;
  /** What the carrier's voice says, for a transfer to a talk document. */
  readonly spoken: string;
}

/** A media socket from the carrier's side. */
export interface CarrierMedia {
  readonly webSocket: WebSocket;
  /** Binary frames that came, as bytes. */
  readonly heard: Buffer[];
  readonly texts: string[];
  /** Resolves when `count` binary frames have come. */
  heardFrames(count: number): Promise<void>;
  readonly closed: Promise<number>;
}

/** The phone company of these tests: signs webhooks, answers REST, opens media sockets. */
export class BinaryCarrier {
  readonly commands: CarrierCommand[] = [];
  readonly #api: Server;
  readonly #sockets = new Set<WebSocket>();
  #commandWaiters: (() => void)[] = [];

  constructor() {
    this.#api = createServer((request, response) => void this.#command(request, response));
  }

  async start(): Promise<void> {
    this.#api.listen(0, '127.0.0.1');
    await once(this.#api, 'listening');
  }

  get apiUrl(): string {
    const address = this.#api.address();
    return typeof address === 'object' && address ? `http://127.0.0.1:${address.port}` : '';
  }

  /** Reports an incoming call, as the first webhook of a call does. */
  ring(serverUrl: string, callId: string): Promise<Response> {
    return this.post(`${serverUrl}/binary/answer`, {
      uuid: callId,
      conversation_uuid: `CON-${callId}`,
      from: '15005550010',
      to: '15005550011',
    });
  }

  post(url: string, report: object): Promise<Response> {
    const body = JSON.stringify(report);
    return fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: signWebhook(body) },
      body,
    });
  }

  /** Opens the media socket that an answer names. */
  async connect(answer: Response, callId: string): Promise<CarrierMedia> {
    const media = await this.open(mediaUrlOf(await answer.json()));
    media.webSocket.send(
      JSON.stringify({
        event: 'websocket:connected',
        'content-type': CONTENT_TYPE,
        'call-uuid': callId,
      }),
    );
    return media;
  }

  async open(url: string): Promise<CarrierMedia> {
    const webSocket = new WebSocket(url, { perMessageDeflate: true });
    this.#sockets.add(webSocket);
    const heard: Buffer[] = [];
    const texts: string[] = [];
    let onFrame: (() => void) | undefined;
    webSocket.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary) heard.push(data);
      else texts.push(data.toString());
      onFrame?.();
    });
    const closed = new Promise<number>((resolve) => webSocket.on('close', resolve));
    await once(webSocket, 'open');
    return {
      webSocket,
      heard,
      texts,
      closed,
      heardFrames: (count) =>
        new Promise((resolve) => {
          onFrame = () => heard.length >= count && resolve();
          onFrame();
        }),
    };
  }

  /** Resolves when the server has given `count` commands. */
  async commanded(count: number): Promise<void> {
    while (this.commands.length < count) {
      await new Promise<void>((resolve) => this.#commandWaiters.push(resolve));
    }
  }

  async close(): Promise<void> {
    for (const webSocket of this.#sockets) webSocket.terminate();
    this.#api.closeAllConnections();
    await new Promise((resolve) => this.#api.close(resolve));
  }

  async #command(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const callId = request.url?.replace('/v1/calls/', '') ?? '';
    const body = parseRecord(await text(request));
    const spoken = /"talk","text":"([^"]*)"/.exec(JSON.stringify(body))?.[1] ?? '';
    this.commands.push({ callId, action: textOf(body, 'action'), spoken });
    response.writeHead(204).end();
    for (const resolve of this.#commandWaiters.splice(0)) resolve();
  }
}

/** The WebSocket address in a call-control document. */
export function mediaUrlOf(document: unknown): string {
  const first: unknown = Array.isArray(document) ? document[0] : undefined;
  const endpoints = isRecord(first) ? first['endpoint'] : undefined;
  const endpoint: unknown = Array.isArray(endpoints) ? endpoints[0] : undefined;
  const uri = isRecord(endpoint) ? textOf(endpoint, 'uri') : '';
  if (uri === '') throw new Error(`No media address in ${JSON.stringify(document)}`);
  return uri;
}
