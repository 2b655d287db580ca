import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { decodeMulaw, encodeMulaw } from '@phone-agents/core';
import { WebSocket } from 'ws';
import type { CallNews, LiveCallMessage } from '../control/control-protocol.ts';
import { TestServer, twiml, type TestMediaSocket } from '../test-support/test-server.ts';
import { createTwilioCarrier, type TwilioCarrier } from '../twilio/twilio-carrier.ts';
import {
  createBrowserPhone,
  type BrowserPhone,
  type BrowserPhoneOptions,
} from './browser-phone.ts';

let server: TestServer;
let carrier: TwilioCarrier;
let browserPhone: BrowserPhone;
let http: Server;
let host: string;

/** A page's end of a call, with a log of messages to wait on. */
class Page {
  readonly messages: LiveCallMessage[] = [];
  readonly sound: Int16Array[] = [];
  readonly closed: Promise<number>;
  readonly #socket: WebSocket;
  #waiting: (() => void)[] = [];

  constructor(headers: Record<string, string> = { origin: `http://${host}` }) {
    this.#socket = new WebSocket(`ws://${host}/phone/call`, { headers });
    this.#socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) this.sound.push(new Int16Array(new Uint8Array(data).buffer));
      else this.messages.push(JSON.parse(data.toString()) as LiveCallMessage);
      for (const resolve of this.#waiting.splice(0)) resolve();
    });
    this.closed = once(this.#socket, 'close').then(([code]) => code as number);
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  send(message: object): void {
    this.#socket.send(JSON.stringify(message));
  }

  speak(samples: Int16Array): void {
    this.#socket.send(new Uint8Array(samples.buffer));
  }

  close(): void {
    this.#socket.close();
  }
}

async function start(options: BrowserPhoneOptions = {}): Promise<void> {
  browserPhone = createBrowserPhone(carrier, options);
  http = createServer((incoming, response) => {
    if (!browserPhone.handleRequest(incoming, response)) response.writeHead(404).end();
  });
  http.on('upgrade', (incoming, socket, head) =>
    browserPhone.handleUpgrade(incoming, socket, head),
  );
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  host = `127.0.0.1:${(http.address() as AddressInfo).port}`;
}

beforeAll(() => {
  const build = fileURLToPath(new URL('../../page/build.mjs', import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, [build], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
});

beforeEach(async () => {
  server = await TestServer.start();
  carrier = await createTwilioCarrier({ webhookUrl: server.url });
});

afterEach(async () => {
  await browserPhone.close();
  http.closeAllConnections();
  await new Promise((resolve) => http.close(resolve));
  await carrier.close();
  await server.close();
});

/** The status of the answer to a request with the headers of your choice. */
function statusOf(path: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request(`http://${host}${path}`, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve(response.statusCode);
    });
    sent.on('error', reject).end();
  });
}

/** Loud samples that the server got. */
function heardByServer(socket: TestMediaSocket): number {
  return socket
    .of('media')
    .flatMap((message) => [
      ...decodeMulaw(
        Buffer.from((message['media'] as { payload: string }).payload, 'base64'),
        new Int16Array(160),
      ),
    ])
    .filter((sample) => sample > 900).length;
}

test('the page and its files are served with a policy that lets nothing in from elsewhere', async () => {
  await start();
  const response = await fetch(`http://${host}/`);
  const text = await response.text();
  expect([response.status, response.headers.get('content-type')]).toEqual([
    200,
    'text/html; charset=utf-8',
  ]);
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(response.headers.get('cache-control')).toBe('no-store');
  const files = [...text.matchAll(/(?:src|href)="\.?(\/assets\/[^"]+)"/g)].map(([, path]) => path!);
  expect(files.length).toBeGreaterThanOrEqual(2);
  for (const path of files) {
    const file = await fetch(`http://${host}${path}`);
    expect([file.status, file.headers.get('cache-control')]).toEqual([
      200,
      'max-age=31536000, immutable',
    ]);
  }
});

test('nothing else is served, and no other method', async () => {
  await start();
  for (const path of ['/assets/none.js', '/assets/..%2findex.html', '/built-from.txt', '/page']) {
    expect([path, await statusOf(path, {})]).toEqual([path, 404]);
  }
  expect((await fetch(`http://${host}/`, { method: 'POST' })).status).toBe(404);
});

test('a name of the internet that was made to point to this machine opens nothing', async () => {
  await start();
  const webSocket = {
    connection: 'upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
  };
  const port = host.split(':')[1]!;
  const evil = { ...webSocket, host: `evil.test:${port}`, origin: `http://evil.test:${port}` };
  expect(await statusOf('/', { host: `evil.test:${port}` })).toBe(403);
  expect(await statusOf('/phone/call', evil)).toBe(403);
  expect(await statusOf('/phone/call', { ...webSocket, origin: 'https://evil.test' })).toBe(403);
  expect(await statusOf('/phone/call', { ...webSocket, origin: 'null' })).toBe(403);
  expect(await statusOf('/phone/call', { ...webSocket, origin: 'http://localhost:1' })).toBe(403);
  expect(await statusOf('/other', webSocket)).toBe(404);
  expect(server.requests).toEqual([]);
  const localhost = { ...webSocket, host: `localhost:${port}`, origin: `http://localhost:${port}` };
  expect(await statusOf('/phone/call', localhost)).toBe(101);
});

test('a call carries voice, keys and sound, tells how it goes, and ends when the page hangs up', async () => {
  const news: CallNews = { type: 'agent-state', state: 'thinking' };
  await start({ onCall: (_call, tell) => tell(news) });
  const page = new Page();
  const socket = await server.socket();
  page.speak(new Int16Array(160).fill(1_000));
  page.send({ type: 'digits', digits: '4#' });
  await socket.until(() => heardByServer(socket) === 160);
  await socket.wait('dtmf', 2);
  socket.sendAudio(encodeMulaw(new Int16Array(160).fill(-2_000), new Uint8Array(160)));
  await page.until(() => page.sound.some((frame) => frame.some((sample) => sample < -1_900)));
  page.send({ type: 'hang-up' });
  expect(await page.closed).toBe(1000);
  const told = page.messages.map((message) =>
    message.type === 'progress' ? message.progress.event : message.type,
  );
  expect(told.filter((name) => name !== 'agent-state')).toEqual([
    'call',
    'ringing',
    'answered',
    'media-opened',
    'ended',
    'summary',
  ]);
  expect(page.messages[0]).toMatchObject({ type: 'call', sampleRate: 8000 });
  expect(page.messages).toContainEqual(news);
  expect(carrier.activeCalls).toEqual([]);
});

test('what is no message of a phone is ignored', async () => {
  await start();
  const page = new Page();
  const socket = await server.socket();
  for (const message of [
    { type: 'digits', digits: 'abc' },
    { type: 'digits' },
    { type: 'x' },
    [],
  ]) {
    page.send(message);
  }
  page.send({ type: 'digits', digits: '1' });
  const [digit] = await socket.wait('dtmf');
  expect(digit).toMatchObject({ dtmf: { digit: '1' } });
});

test('a page that goes away hangs up', async () => {
  await start();
  const page = new Page();
  const socket = await server.socket();
  page.close();
  await socket.closed;
  expect(socket.of('stop')).toHaveLength(1);
});

test('a call that the server ends, or that cannot be placed, closes the socket with a word', async () => {
  server.answer = () => twiml('<Reject reason="busy"/>');
  await start();
  const page = new Page();
  expect(await page.closed).toBe(1000);
  expect(page.messages).toContainEqual({
    type: 'progress',
    progress: expect.objectContaining({ event: 'ended', end: { by: 'rejected', detail: 'busy' } }),
  });
  await carrier.close();
  const refused = new Page();
  expect(await refused.closed).toBe(1011);
  expect(refused.messages).toEqual([
    { type: 'refused', message: expect.stringContaining('closed') },
  ]);
});

test('closing hangs up every call', async () => {
  await start();
  const pages = [new Page(), new Page()];
  const sockets = [await server.socket(0), await server.socket(1)];
  await browserPhone.close();
  for (const socket of sockets) await socket.closed;
  for (const page of pages) await page.closed;
  expect(carrier.activeCalls).toEqual([]);
});

test('voice that piles up is made good in a pause, and never waits for more than half a second', async () => {
  await start();
  const page = new Page();
  const socket = await server.socket();
  const word = new Int16Array(160).fill(1_000);
  const pause = new Int16Array(160);
  for (let i = 0; i < 10; i++) page.speak(word);
  for (let i = 0; i < 200; i++) page.speak(pause);
  page.speak(word);
  await socket.until(() => heardByServer(socket) === 11 * 160);
  const loud = socket
    .of('media')
    .map((message) => (message['media'] as { payload: string }).payload);
  const silence = Buffer.alloc(160, 0xff).toString('base64');
  const first = loud.findIndex((payload) => payload !== silence);
  const last = loud.findLastIndex((payload) => payload !== silence);
  // Four seconds of pause have shrunk to what follows the words at once.
  expect(last - first).toBeLessThan(100);
});
