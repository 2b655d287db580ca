import { createPublicKey, verify } from 'node:crypto';
import type { TelnyxCarrier } from '../telnyx/telnyx-carrier.ts';
import {
  TestServer,
  type ReceivedRequest,
  type TestAnswer,
  type TestMediaSocket,
} from './test-server.ts';

/** One event that a test server got. */
export interface ReceivedEvent {
  readonly id: string;
  readonly event_type: string;
  readonly occurred_at: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly meta: { readonly attempt: number; readonly delivered_to: string };
  readonly request: ReceivedRequest;
}

export interface RestReply {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly headers: Headers;
}

/** Stream parameters as a sensible server sends them. */
export const RTP_STREAM = {
  stream_track: 'inbound_track',
  stream_bidirectional_mode: 'rtp',
  stream_bidirectional_codec: 'PCMU',
} as const;

/** A loopback server that takes Telnyx's events and gives commands by REST. */
export class TelnyxTestServer {
  readonly http: TestServer;
  /** The carrier that it gives commands to. */
  carrier!: TelnyxCarrier;
  /** What it does on an incoming call; default: answer it with a stream. */
  onCall: (callControlId: string) => void = (id) => {
    // A test may be over before the answer is there.
    this.answer(id).catch(() => undefined);
  };
  /** How an event is acknowledged. */
  acknowledge: (event: ReceivedEvent) => TestAnswer | Promise<TestAnswer> = () => ({ headers: {} });

  private constructor(http: TestServer) {
    this.http = http;
    http.answer = (request) => {
      if (request.method !== 'POST') return { status: 404 };
      const event = toEvent(request);
      const isNew = this.of('call.initiated').filter(({ id }) => id === event.id).length === 1;
      if (
        event.event_type === 'call.initiated' &&
        isNew &&
        event.payload['direction'] === 'incoming'
      )
        this.onCall(String(event.payload['call_control_id']));
      return this.acknowledge(event);
    };
  }

  static async start(): Promise<TelnyxTestServer> {
    return new TelnyxTestServer(await TestServer.start());
  }

  get url(): string {
    return this.http.url;
  }

  get mediaUrl(): string {
    return `ws://${this.http.host}/telnyx/media/c1/secret`;
  }

  get events(): ReceivedEvent[] {
    return this.http.requests.filter(({ method }) => method === 'POST').map(toEvent);
  }

  /** Events of one type so far, repetitions included. */
  of(eventType: string): ReceivedEvent[] {
    return this.events.filter((event) => event.event_type === eventType);
  }

  /** Resolves with the first event of one type when it is there. */
  async event(eventType: string): Promise<ReceivedEvent> {
    await this.http.until(() => this.of(eventType).length > 0);
    return this.of(eventType)[0]!;
  }

  socket(index = 0): Promise<TestMediaSocket> {
    return this.http.socket(index);
  }

  /** Answers a call with a stream. */
  answer(callControlId: string, more: Readonly<Record<string, unknown>> = {}): Promise<RestReply> {
    return this.command(callControlId, 'answer', {
      stream_url: this.mediaUrl,
      ...RTP_STREAM,
      ...more,
    });
  }

  command(
    callControlId: string,
    action: string,
    body: Readonly<Record<string, unknown>> = {},
  ): Promise<RestReply> {
    return this.rest('POST', `/calls/${encodeURIComponent(callControlId)}/actions/${action}`, body);
  }

  async rest(
    method: string,
    path: string,
    body?: Readonly<Record<string, unknown>>,
    apiKey = this.carrier.apiKey,
  ): Promise<RestReply> {
    const response = await fetch(this.carrier.apiBaseUrl + path, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: body ? JSON.stringify(body) : null,
    });
    return {
      status: response.status,
      body: (await response.json()) as Record<string, unknown>,
      headers: response.headers,
    };
  }

  close(): Promise<void> {
    return this.http.close();
  }
}

/** Whether a request is signed as Telnyx signs, without the code that signed it. */
export function isSigned(request: ReceivedRequest, publicKey: string): boolean {
  const head = Buffer.from('302a300506032b6570032100', 'hex');
  const key = createPublicKey({
    key: Buffer.concat([head, Buffer.from(publicKey, 'base64')]),
    format: 'der',
    type: 'spki',
  });
  const { 'telnyx-timestamp': timestamp, 'telnyx-signature-ed25519': signature } = request.headers;
  return verify(
    null,
    Buffer.from(`${String(timestamp)}|${request.body}`),
    key,
    Buffer.from(String(signature), 'base64'),
  );
}

/** Code of the first error in a reply. */
export function errorCode(reply: RestReply): string | undefined {
  const errors = reply.body['errors'] as { code: string }[] | undefined;
  return errors?.[0]?.code;
}

/** Sends audio in the usual spelling. */
export function sendAudio(socket: TestMediaSocket, payload: Uint8Array): void {
  socket.send({ event: 'media', media: { payload: Buffer.from(payload).toString('base64') } });
}

export function sendMark(socket: TestMediaSocket, name: string): void {
  socket.send({ event: 'mark', mark: { name } });
}

function toEvent(request: ReceivedRequest): ReceivedEvent {
  const { data, meta } = JSON.parse(request.body) as {
    data: Omit<ReceivedEvent, 'meta' | 'request'>;
    meta: ReceivedEvent['meta'];
  };
  return { ...data, meta, request };
}
