import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { MediaSocket } from '@phone-agents/core';
import { ManualClock } from '@phone-agents/core/testing';
import { WebSocket, WebSocketServer } from 'ws';
import { wrapWebSocket } from './wrap-websocket.ts';

let listener: WebSocketServer;
let client: WebSocket;
let accepted: WebSocket;

beforeEach(async () => {
  listener = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(listener, 'listening');
  const address = listener.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  client = new WebSocket(`ws://127.0.0.1:${port}`);
  [[accepted]] = await Promise.all([
    once(listener, 'connection') as Promise<[WebSocket]>,
    once(client, 'open'),
  ]);
});

afterEach(async () => {
  client.terminate();
  accepted.terminate();
  await new Promise((resolve) => listener.close(resolve));
});

/** Everything that a socket tells its owner, as text. */
function record(socket: MediaSocket): {
  readonly events: string[];
  readonly closed: Promise<void>;
} {
  const events: string[] = [];
  const closed = new Promise<void>((resolve) => {
    socket.setHandlers({
      message: (data, isBinary) =>
        events.push(`${isBinary ? 'binary' : 'text'} ${Buffer.from(data).toString()}`),
      close: (code, reason) => {
        events.push(`close ${code} ${reason}`);
        resolve();
      },
      error: () => events.push('error'),
    });
  });
  return { events, closed };
}

test('what came before there was an owner is delivered first, and in order', async () => {
  const socket = wrapWebSocket(accepted);
  client.send('one');
  client.send(Buffer.from('two'));
  client.close(1000, 'bye');
  await once(accepted, 'close');
  const { events, closed } = record(socket);
  expect(events).toEqual([]);
  await closed;
  expect(events).toEqual(['text one', 'binary two', 'close 1000 bye']);
});

test('without an owner no more than a little is read, and all of it comes in the end', async () => {
  const socket = wrapWebSocket(accepted);
  const message = 'x'.repeat(30_000);
  for (let index = 0; index < 100; index++) client.send(message);
  while (!accepted.isPaused) await once(accepted, 'message');
  const { events, closed } = record(socket);
  client.close(1000);
  await closed;
  expect(events.length).toBe(101);
  expect(new Set(events.slice(0, 100))).toEqual(new Set([`text ${message}`]));
});

test('strings go out as text, bytes as binary, and bytes may be reused at once', async () => {
  const socket = wrapWebSocket(accepted);
  const received: string[] = [];
  client.on('message', (data: Buffer, isBinary: boolean) =>
    received.push(`${isBinary} ${data.toString()}`),
  );
  socket.send('hello');
  const bytes = new Uint8Array(64 * 1024);
  for (let value = 0x61; value < 0x61 + 20; value++) {
    bytes.fill(value);
    socket.send(bytes);
  }
  bytes.fill(0);
  socket.close(1000, 'done');
  await once(client, 'close');
  expect(received[0]).toBe('false hello');
  expect(received.slice(1).map((text) => [...new Set(text.slice(5))].join(''))).toEqual([
    ...'abcdefghijklmnopqrst',
  ]);
});

test('sending and closing after the end does nothing', async () => {
  const socket = wrapWebSocket(accepted);
  const { events, closed } = record(socket);
  client.close(1000);
  await closed;
  socket.send('late');
  socket.close(1000, 'late');
  expect(events).toEqual(['close 1000 ']);
});

test('a side that does not follow a close is cut off after two seconds', async () => {
  const clock = new ManualClock();
  const socket = wrapWebSocket(accepted, { clock });
  const { closed } = record(socket);
  client.pause();
  socket.close(1008, 'refused');
  await clock.advance(1_999);
  expect(accepted.readyState).toBe(WebSocket.CLOSING);
  await clock.advance(1);
  await closed;
  expect(accepted.readyState).toBe(WebSocket.CLOSED);
});

test('a close that is followed leaves no timer', async () => {
  const clock = new ManualClock();
  const socket = wrapWebSocket(accepted, { clock });
  const { events, closed } = record(socket);
  socket.close(1008, 'é'.repeat(100));
  socket.close(1000, 'again');
  const [code, reason] = (await once(client, 'close')) as [number, Buffer];
  await closed;
  expect(code).toBe(1008);
  expect(reason.toString()).toBe('é'.repeat(61));
  expect(events.length).toBe(1);
  expect(clock.timerCount).toBe(0);
});

test('a code that may not be sent still ends the socket', async () => {
  const socket = wrapWebSocket(accepted);
  const { closed } = record(socket);
  socket.close(1006, 'no such close frame');
  await closed;
  await once(client, 'close');
});

test('a connection that breaks is told once, as a close', async () => {
  const socket = wrapWebSocket(accepted);
  const { events, closed } = record(socket);
  // Reaches under the client to reset the connection, as a crash would.
  const { _socket: connection } = client as unknown as { readonly _socket: Socket };
  connection.resetAndDestroy();
  await closed;
  expect(events.filter((event) => event.startsWith('close'))).toEqual(['close 1006 ']);
});
