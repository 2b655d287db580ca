import { once } from 'node:events';
import { connect } from 'node:net';
import type { MediaHandler, PhoneAnswer, PhoneCall, PhoneMediaStream } from '@phone-agents/core';
import { ConfigurationError, createPhone } from '@phone-agents/core';
import { TestLogger } from '@phone-agents/core/testing';
import express from 'express';
import { WebSocket, WebSocketServer } from 'ws';
import type { PhoneServer, ServePhoneOptions } from './serve-phone.ts';
import { servePhone } from './serve-phone.ts';
import { BinaryCarrier, mediaUrlOf } from './test-support/binary-carrier.ts';
import { createBinaryProvider } from './test-support/binary-provider.ts';

/** Sends every frame of the caller's back. */
const echo: MediaHandler = {
  async handleMedia(media: PhoneMediaStream): Promise<void> {
    for await (const frame of media.audio()) media.sendAudio(frame.samples);
  },
};

let carrier: BinaryCarrier;
let cleanUp: (() => Promise<void>)[];

beforeEach(async () => {
  carrier = new BinaryCarrier();
  cleanUp = [];
  await carrier.start();
});

afterEach(async () => {
  for (const close of cleanUp) await close();
  await carrier.close();
});

async function serve(
  answer: PhoneAnswer = echo,
  options: Partial<ServePhoneOptions> = {},
): Promise<{ phone: ReturnType<typeof createPhone>; server: PhoneServer }> {
  const phone = createPhone({
    provider: createBinaryProvider({ apiUrl: carrier.apiUrl }),
    answer,
    apology: 'Sorry, please call again.',
    ...(options.logger ? { logger: options.logger } : {}),
  });
  const server = await servePhone(phone, { port: 0, host: '127.0.0.1', ...options });
  cleanUp.push(
    () => phone.close(),
    () => server.close(),
  );
  return { phone, server };
}

function frame(value: number): Buffer {
  return Buffer.from(new Int16Array(320).fill(value).buffer);
}

/** The status of the answer to an upgrade that is refused. */
function refusalOf(url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const webSocket = new WebSocket(url);
    webSocket.on('unexpected-response', (_request, response) => {
      response.resume();
      resolve(response.statusCode);
      webSocket.terminate();
    });
    webSocket.on('open', () => reject(new Error('The upgrade was admitted')));
    webSocket.on('error', () => {});
  });
}

test('a call over binary frames is answered, heard and spoken to, and ends once', async () => {
  const { phone, server } = await serve();
  const ends: string[] = [];
  phone.on('call-ended', ({ end }) => ends.push(end.reason));
  const media = await carrier.connect(await carrier.ring(server.url, 'u-1'), 'u-1');
  const [call] = phone.calls.listActive();
  for (const value of [100, 200, 300]) media.webSocket.send(frame(value));
  await media.heardFrames(3);
  expect(media.heard).toEqual([frame(100), frame(200), frame(300)]);
  expect(call?.details).toEqual({ provider: 'binary', conversationId: 'CON-u-1' });
  await carrier.post(`${server.url}/binary/event`, { uuid: 'u-1', status: 'completed' });
  media.webSocket.close();
  await call?.ended;
  expect(ends).toEqual(['remote-hung-up']);
  expect(phone.calls.activeCount).toBe(0);
});

test('keys and clear cross the media socket as text', async () => {
  const digits: string[] = [];
  const { server } = await serve({
    async handleMedia(media: PhoneMediaStream, call: PhoneCall) {
      call.on('digit-received', ({ digit }) => {
        digits.push(digit);
        media.clear();
      });
      media.sendAudio(new Int16Array(320));
      await media.closed;
    },
  });
  const media = await carrier.connect(await carrier.ring(server.url, 'u-2'), 'u-2');
  await media.heardFrames(1);
  media.webSocket.send('{"event":"websocket:dtmf","digit":"7","duration":260}');
  const [text] = await once(media.webSocket, 'message');
  expect(String(text)).toBe('{"action":"clear"}');
  expect(digits).toEqual(['7']);
});

test('a phone that knows no public address is told the one that it is served at', async () => {
  const { phone, server } = await serve(echo, { path: '/phones/desk/' });
  expect(server.url).toBe(`http://127.0.0.1:${server.port}/phones/desk`);
  expect(phone.publicUrl.base).toBe(server.url);
  const answer = await carrier.ring(server.url, 'u-3');
  const mediaUrl = mediaUrlOf(await answer.json());
  expect(mediaUrl).toMatch(
    new RegExp(`^ws://127\\.0\\.0\\.1:${server.port}/phones/desk/binary/media/`),
  );
  await carrier.open(mediaUrl);
});

test('a webhook that is not signed gets 403 and makes no call', async () => {
  const { phone, server } = await serve();
  const response = await fetch(`${server.url}/binary/answer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"uuid":"u-4"}',
  });
  expect(response.status).toBe(403);
  expect(await response.text()).toBe('Forbidden');
  expect(phone.calls.activeCount).toBe(0);
});

test('the signature covers the bytes as they came, whatever their spelling', async () => {
  const { phone, server } = await serve();
  const response = await carrier.post(`${server.url}/binary/answer`, {
    uuid: 'u-5',
    from: 'Zoë 😀',
    to: ' \u2028 ',
  });
  expect(response.status).toBe(200);
  expect(phone.calls.findByProviderCallId('binary', 'u-5')?.from).toBe('Zoë 😀');
});

test('a body over the limit gets 413, with a length and without', async () => {
  const { server } = await serve(echo, { maxBodyBytes: 1_000 });
  const url = `${server.url}/binary/answer`;
  const long = 'x'.repeat(1_001);
  expect((await fetch(url, { method: 'POST', body: long })).status).toBe(413);
  const stream = new Blob([long]).stream();
  const chunked = await fetch(url, { method: 'POST', body: stream, duplex: 'half' });
  expect(chunked.status).toBe(413);
  expect((await fetch(url, { method: 'POST', body: 'x'.repeat(1_000) })).status).toBe(403);
});

test('an answer function that fails gives the caller an apology and the client no details', async () => {
  const { server } = await serve(() => {
    throw new Error('the database password is wrong');
  });
  const response = await carrier.ring(server.url, 'u-6');
  expect(await response.json()).toEqual([{ action: 'talk', text: 'Sorry, please call again.' }]);
});

test('a fault of ours gives a plain 500 without details', async () => {
  const provider = createBinaryProvider({ apiUrl: carrier.apiUrl });
  const failing = {
    ...provider,
    handleWebhook: () => Promise.reject(new Error('a secret detail')),
  };
  const phone = createPhone({ provider: failing, answer: echo });
  const server = await servePhone(phone, { port: 0, host: '127.0.0.1' });
  cleanUp.push(() => server.close());
  const response = await carrier.ring(server.url, 'u-7');
  expect(response.status).toBe(500);
  expect(await response.text()).toBe('Internal server error');
});

test('an upgrade with a wrong token gets 401, an unknown call or path 404, before the upgrade', async () => {
  const logger = new TestLogger();
  const { server } = await serve(echo, { logger });
  const mediaUrl = mediaUrlOf(await (await carrier.ring(server.url, 'u-8')).json());
  const webSocketUrl = server.url.replace('http', 'ws');
  expect(await refusalOf(mediaUrl.replace(/[^/]+$/, 'wrong'))).toBe(401);
  expect(await refusalOf(`${mediaUrl}?x=1`)).toBe(401);
  expect(await refusalOf(`${webSocketUrl}/binary/media/nobody/token`)).toBe(404);
  expect(await refusalOf(`${webSocketUrl}/twilio/media/nobody/token`)).toBe(404);
  expect(await refusalOf(`${webSocketUrl}/`)).toBe(404);
  expect(await refusalOf(`${webSocketUrl}/binary/media/%00%ff/ü`)).toBe(404);
  expect(JSON.stringify(logger.lines)).not.toContain(mediaUrl.split('/').at(-1));
});

test('a token that was used opens no second socket', async () => {
  const { server } = await serve();
  const answer = await carrier.ring(server.url, 'u-9');
  const mediaUrl = mediaUrlOf(await answer.clone().json());
  const media = await carrier.connect(answer, 'u-9');
  media.webSocket.send(frame(1));
  await media.heardFrames(1);
  expect(await refusalOf(mediaUrl)).toBe(401);
  media.webSocket.send(frame(2));
  await media.heardFrames(2);
});

test('upgrades that die in the middle, or are no WebSocket, harm nobody', async () => {
  const { phone, server } = await serve();
  const mediaUrl = new URL(mediaUrlOf(await (await carrier.ring(server.url, 'u-10')).json()));
  const head = (path: string, key: string): string =>
    `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n` +
    `sec-websocket-version: 13\r\n${key}\r\n`;
  const key = 'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
  for (const path of [mediaUrl.pathname, '/binary/media/a/b', '/other']) {
    const socket = connect(server.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(head(path, key));
    socket.resetAndDestroy();
  }
  const socket = connect(server.port, '127.0.0.1');
  socket.write(head(mediaUrl.pathname, ''));
  const [answer] = await once(socket, 'data');
  expect(String(answer)).toMatch(/^HTTP\/1\.1 400 /);
  await once(socket, 'close');
  const media = await carrier.open(mediaUrl.href);
  media.webSocket.send('{"event":"websocket:connected","call-uuid":"u-10"}');
  media.webSocket.send(frame(5));
  await media.heardFrames(1);
  expect(phone.calls.activeCount).toBe(1);
});

test('a refused upgrade is answered in full and its connection closed', async () => {
  const { server } = await serve();
  const socket = connect(server.port, '127.0.0.1');
  socket.write(
    'GET /binary/media/a/b HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n' +
      'sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  let answer = '';
  socket.on('data', (data: Buffer) => (answer += data.toString()));
  await once(socket, 'end');
  expect(answer).toBe(
    'HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-type: text/plain; charset=utf-8\r\n' +
      'content-length: 10\r\n\r\nNot Found\n',
  );
});

test('no compression is agreed upon, and a message over the limit closes its socket alone', async () => {
  const { phone, server } = await serve();
  const media = await carrier.connect(await carrier.ring(server.url, 'u-11'), 'u-11');
  const other = await carrier.connect(await carrier.ring(server.url, 'u-12'), 'u-12');
  expect(media.webSocket.extensions).toBe('');
  media.webSocket.send(Buffer.alloc(65_537));
  expect(await media.closed).toBe(1009);
  other.webSocket.send(frame(9));
  await other.heardFrames(1);
  expect(phone.calls.listActive().map((call) => call.providerCallId)).toEqual(['u-12']);
});

test('all other paths belong to your own app, whose body parsers do the phone no harm', async () => {
  const app = express();
  app.use(express.json(), express.urlencoded({ extended: false }));
  app.post('/orders', (request, response) => void response.json({ got: request.body }));
  app.get('/broken', () => {
    throw new Error('a secret detail');
  });
  const { server } = await serve(echo, { app });
  const order = await fetch(`${server.url}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"tea":2}',
  });
  expect(await order.json()).toEqual({ got: { tea: 2 } });
  expect((await carrier.ring(server.url, 'u-13')).status).toBe(200);
  const broken = await fetch(`${server.url}/broken`);
  expect(broken.status).toBe(500);
  expect(await broken.text()).toBe('Internal Server Error\n');
});

test('WebSockets on all other paths belong to your own handler, and the phone keeps its own', async () => {
  const echoes = new WebSocketServer({ noServer: true });
  echoes.on('connection', (socket) => socket.on('message', (data) => socket.send(data)));
  const { server } = await serve(echo, {
    upgrade: (request, socket, head) =>
      echoes.handleUpgrade(request, socket, head, (webSocket) =>
        echoes.emit('connection', webSocket, request),
      ),
  });
  const webSocketUrl = server.url.replace('http', 'ws');
  const own = new WebSocket(`${webSocketUrl}/own`);
  await once(own, 'open');
  own.send('hello');
  expect(String((await once(own, 'message'))[0])).toBe('hello');
  expect(await refusalOf(`${webSocketUrl}/binary/media/nobody/token`)).toBe(404);
  own.close();
  await once(own, 'close');
});

test('what nobody serves gets a plain 404 that does not name the framework', async () => {
  const { server } = await serve();
  const response = await fetch(`${server.url}/nothing`);
  expect(response.status).toBe(404);
  expect(await response.text()).toBe('Not Found\n');
  expect(response.headers.get('x-powered-by')).toBeNull();
  expect((await fetch(`${server.url}/%ff`)).status).toBe(404);
});

test('a missing setting is named when the server starts, and the port is free again', async () => {
  const phone = createPhone({ provider: createBinaryProvider({ apiUrl: '' }), answer: echo });
  const starting = servePhone(phone, { port: 0, host: '127.0.0.1' });
  await expect(starting).rejects.toThrow(ConfigurationError);
  await expect(starting).rejects.toThrow(/BINARY_API_URL/);
});

test('a port that is taken is told', async () => {
  const { server } = await serve();
  const phone = createPhone({
    provider: createBinaryProvider({ apiUrl: carrier.apiUrl }),
    answer: echo,
  });
  await expect(servePhone(phone, { port: server.port, host: '127.0.0.1' })).rejects.toThrow(
    /EADDRINUSE/,
  );
});

test('closing stops listening, closes media sockets with 1001 and leaves no connection', async () => {
  const { server } = await serve();
  const media = await carrier.connect(await carrier.ring(server.url, 'u-14'), 'u-14');
  const mediaUrl = mediaUrlOf(await (await carrier.ring(server.url, 'u-15')).json());
  await Promise.all([server.close(), server.close()]);
  expect(await media.closed).toBe(1001);
  await expect(carrier.open(mediaUrl)).rejects.toThrow(/ECONNREFUSED/);
  expect(server.server.listening).toBe(false);
});
