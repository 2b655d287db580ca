import type {
  EdgeParticipant,
  MediaHandler,
  Phone,
  PhoneCall,
  PhoneOptions,
  WebhookResponse,
} from '@phone-agents/core';
import { createPhone } from '@phone-agents/core';
import { ManualClock, TestLogger, TestMediaSocket } from '@phone-agents/core/testing';
import { createTelnyxProvider } from '../telnyx-provider.ts';
import type { TelnyxProviderSettings } from '../telnyx-settings.ts';
import { PUBLIC_KEY, mediaMessages, restExchanges, signWebhook, webhooks } from './fixtures.ts';
import type { RestAnswer, RestRequest } from './rest-server.ts';
import { RestServer } from './rest-server.ts';

export const PUBLIC_URL = 'https://agent.example.test/phone';
export const CALL = 'v3:aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789-_aBcDeFgHiJkLmNoPqRsTuVw';
export const FROM = '+15005550010';
export const events = webhooks();
export const messages = mediaMessages();

export type Taker = EdgeParticipant | MediaHandler;

/** Somebody who is there until the call is over, and says nothing. */
export const listener: Taker = { join: async () => ({ close: async () => {} }) };

export interface Opened {
  readonly phone: Phone;
  readonly clock: ManualClock;
  readonly logger: TestLogger;
  readonly calls: PhoneCall[];
}

export interface PostChanges {
  readonly signature?: string | undefined;
  readonly timestamp?: string;
  readonly path?: string;
  readonly method?: string;
}

export function postBody({ phone, clock }: Opened, body: string, changes: PostChanges = {}) {
  const timestamp = changes.timestamp ?? String(Math.floor(clock.wallTimeMs() / 1000));
  const signature = 'signature' in changes ? changes.signature : signWebhook(timestamp, body);
  return phone.handleWebhook({
    method: changes.method ?? 'POST',
    path: changes.path ?? '/telnyx/events',
    query: '',
    headers: {
      'content-type': 'application/json',
      'telnyx-signature-ed25519': signature,
      'telnyx-timestamp': timestamp,
    },
    rawBody: Buffer.from(body),
  });
}

let eventNumber = 0;

/** Sends one of Telnyx's sample events, with an id of its own. */
export function report(
  opened: Opened,
  name: string,
  payload: Record<string, unknown> = {},
  changes: Record<string, unknown> = {},
): Promise<WebhookResponse> {
  const { data } = events[name]!;
  const event = {
    ...data,
    id: `event-${eventNumber++}`,
    occurred_at: new Date(opened.clock.wallTimeMs()).toISOString(),
    payload: { ...data.payload, ...payload },
    ...changes,
  };
  return postBody(opened, JSON.stringify({ data: event, meta: { attempt: 1 } }));
}

export function mediaPath(request: RestRequest): string {
  return (request.body['stream_url'] as string).slice(PUBLIC_URL.replace('https', 'wss').length);
}

export async function connectMedia(
  phone: Phone,
  path: string,
  headers = {},
): Promise<TestMediaSocket> {
  const admission = await phone.admitMedia({ path, query: '', headers });
  const socket = new TestMediaSocket();
  admission.accept(socket);
  socket.receive(messages['in-connected']);
  socket.receive(messages['in-start']);
  return socket;
}

export function untilState(call: PhoneCall, state: PhoneCall['state']): Promise<void> {
  if (call.state === state) return Promise.resolve();
  return new Promise((resolve) => call.on('state-changed', ({ to }) => to === state && resolve()));
}

export interface Talking extends Opened {
  readonly call: PhoneCall;
  readonly socket: TestMediaSocket;
  readonly path: string;
}

/** A stand-in of REST, and the phones of one test that use it. */
export class TestBench {
  readonly server: RestServer;
  #phones: Phone[] = [];

  private constructor(server: RestServer) {
    this.server = server;
  }

  static async start(): Promise<TestBench> {
    return new TestBench(await RestServer.start());
  }

  open(
    answer: PhoneOptions['answer'] = listener,
    settings: TelnyxProviderSettings = {},
    options: Partial<PhoneOptions> = {},
  ): Opened {
    const logger = new TestLogger();
    const clock = new ManualClock();
    const provider = createTelnyxProvider({
      apiKey: 'KEY0123456789abcdef',
      publicKey: PUBLIC_KEY,
      apiBaseUrl: this.server.url,
      environment: {},
      ...settings,
    });
    const phone = createPhone({
      provider,
      answer,
      publicUrl: PUBLIC_URL,
      logger,
      clock,
      ...options,
    });
    this.#phones.push(phone);
    const calls: PhoneCall[] = [];
    phone.on('call-created', ({ call }) => void calls.push(call));
    return { phone, clock, logger, calls };
  }

  /** A call that has come as far as audio. */
  async talk(answer: Taker = listener, options: Partial<PhoneOptions> = {}): Promise<Talking> {
    const opened = this.open(answer, {}, options);
    await report(opened, 'call.initiated');
    await this.server.until('answer');
    const path = mediaPath(this.server.command('answer'));
    await report(opened, 'call.answered');
    const socket = await connectMedia(opened.phone, path);
    const call = opened.calls[0]!;
    await untilState(call, 'streaming');
    return { ...opened, call, socket, path };
  }

  /** Closes the test's phones, and forgets what was asked of the server. */
  async reset(): Promise<void> {
    this.server.respond = () => undefined;
    await Promise.all(this.#phones.map((phone) => phone.close()));
    this.#phones = [];
    this.server.reset();
  }

  async close(): Promise<void> {
    await this.server.close();
  }
}

/** What makes commands of one kind get another answer than success. */
export const failing = (action: string, answer: RestAnswer) => (request: RestRequest) =>
  request.action === action ? answer : undefined;
/** Telnyx's word for a wrong API key. */
export const unauthorised = restExchanges()['error-auth']!.response;
/** Telnyx's word for a call that is over. */
export const ended = restExchanges()['error-ended']!.response;
