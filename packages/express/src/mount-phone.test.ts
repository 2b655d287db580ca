import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { MediaHandler, Phone, PhoneMediaStream } from '@phone-agents/core';
import { createPhone } from '@phone-agents/core';
import { TestLogger } from '@phone-agents/core/testing';
import express from 'express';
import type { Express } from 'express';
import { WebSocketServer } from 'ws';
import type { MountPhoneOptions, MountedPhone } from './mount-phone.ts';
import { mountPhone } from './mount-phone.ts';
import { BinaryCarrier } from './test-support/binary-carrier.ts';
import { createBinaryProvider } from './test-support/binary-provider.ts';

const echo: MediaHandler = {
  async handleMedia(media: PhoneMediaStream): Promise<void> {
    for await (const frame of media.audio()) media.sendAudio(frame.samples);
  },
};

let carrier: BinaryCarrier;
let app: Express;
let server: Server;
let url: string;
let phone: Phone;
let mounted: MountedPhone | undefined;

beforeEach(async () => {
  carrier = new BinaryCarrier();
  await carrier.start();
  app = express();
  server = createServer((request, response) => void app(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  phone = createPhone({
    provider: createBinaryProvider({ apiUrl: carrier.apiUrl }),
    answer: echo,
    publicUrl: url,
  });
  mounted = undefined;
});

afterEach(async () => {
  await phone.close();
  await mounted?.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await carrier.close();
});

function mount(options: Partial<MountPhoneOptions> = {}): void {
  mounted = mountPhone(phone, { app, server, ...options });
}

async function callAndEcho(base: string, callId: string): Promise<void> {
  const media = await carrier.connect(await carrier.ring(base, callId), callId);
  media.webSocket.send(Buffer.alloc(640, 1));
  await media.heardFrames(1);
  expect(media.heard).toEqual([Buffer.alloc(640, 1)]);
}

test('a phone on your own app and server answers calls beside your routes', async () => {
  app.get('/', (_request, response) => void response.send('home'));
  mount();
  await callAndEcho(url, 'm-1');
  expect(await (await fetch(url)).text()).toBe('home');
});

test('a phone below a path takes webhooks and media there, and nothing elsewhere', async () => {
  mount({ path: '/desk' });
  phone.usePublicUrl(`${url}/desk`);
  await callAndEcho(`${url}/desk`, 'm-2');
  expect((await carrier.ring(url, 'm-3')).status).toBe(404);
  expect((await carrier.ring(`${url}/desktop`, 'm-3')).status).toBe(404);
});

test('upgrades to other paths are left to your own listeners', async () => {
  const own = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    if (request.url === '/chat') {
      own.handleUpgrade(request, socket, head, (webSocket) => webSocket.send('hello'));
    }
  });
  mount();
  const chat = await carrier.open(`${url.replace('http', 'ws')}/chat`);
  if (chat.texts.length === 0) await once(chat.webSocket, 'message');
  expect(chat.texts).toEqual(['hello']);
  chat.webSocket.terminate();
  own.close();
  await callAndEcho(url, 'm-4');
});

test('upgrades to other paths get 404 where nobody else listens', async () => {
  mount();
  await expect(carrier.open(`${url.replace('http', 'ws')}/chat`)).rejects.toThrow(/404/);
});

test('a body parser before the phone is named, in the answer and in the log', async () => {
  const logger = new TestLogger();
  app.use(express.json());
  mount({ logger });
  const response = await carrier.ring(url, 'm-5');
  expect(response.status).toBe(500);
  expect(await response.text()).toMatch(/mount the phone before body parsers/);
  expect(logger.lines).toEqual([
    expect.objectContaining({ level: 'error', message: expect.stringMatching(/body parsers/) }),
  ]);
});

test('a parser that leaves the body alone, or keeps its bytes, does no harm', async () => {
  app.use('/kept', express.json({ verify: (request, _response, bytes) => keep(request, bytes) }));
  app.use('/raw', express.raw({ type: '*/*' }));
  app.use('/other', express.urlencoded());
  for (const path of ['/kept', '/raw', '/other']) {
    const mountedHere = mountPhone(phone, { app, server, path });
    expect((await carrier.ring(url + path, `m-6${path}`)).status).toBe(200);
    await mountedHere.close();
  }
});

function keep(request: object, bytes: Buffer): void {
  Object.assign(request, { rawBody: bytes });
}

test('closing gives the upgrades back and closes the sockets', async () => {
  mount();
  const media = await carrier.connect(await carrier.ring(url, 'm-7'), 'm-7');
  await mounted?.close();
  expect(await media.closed).toBe(1001);
  expect(server.listenerCount('upgrade')).toBe(0);
});

test('an upgrade that still waits for admission when the server closes is refused', async () => {
  let goOn = (): void => {};
  const waiting = new Promise<void>((resolve) => (goOn = resolve));
  let askedNow = (): void => {};
  const asked = new Promise<void>((resolve) => (askedNow = resolve));
  const admitMedia = phone.admitMedia.bind(phone);
  phone.admitMedia = async (request) => {
    askedNow();
    await waiting;
    return admitMedia(request);
  };
  mount();
  const opening = carrier.connect(await carrier.ring(url, 'm-8'), 'm-8');
  const refused = expect(opening).rejects.toThrow(/503/);
  await asked;
  await mounted?.close();
  goOn();
  await refused;
});

test('paths and limits that make no sense are refused', () => {
  for (const path of ['desk', '/desk*', '/desk?x=1', '/:id']) {
    expect(() => mount({ path })).toThrow(RangeError);
  }
  expect(() => mount({ maxBodyBytes: 0 })).toThrow(/maxBodyBytes/);
  expect(() => mount({ maxPayloadBytes: Number.NaN })).toThrow(/maxPayloadBytes/);
});
