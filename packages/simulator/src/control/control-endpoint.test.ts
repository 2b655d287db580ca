import { request } from 'node:http';
import { TestServer, twiml } from '../test-support/test-server.ts';
import { createTwilioCarrier, type TwilioCarrier } from '../twilio/twilio-carrier.ts';
import type { ControlMessage } from './control-protocol.ts';

let server: TestServer;
let carrier: TwilioCarrier;

beforeEach(async () => {
  server = await TestServer.start();
  carrier = await createTwilioCarrier({ webhookUrl: server.url });
});

afterEach(async () => {
  await carrier.close();
  await server.close();
});

function post(
  body: string,
  contentType = 'application/json',
  signal?: AbortSignal,
): Promise<Response> {
  return fetch(`${carrier.apiBaseUrl}/simulator/calls`, {
    method: 'POST',
    headers: { 'content-type': contentType },
    body,
    signal: signal ?? null,
  });
}

test('it tells who it is', async () => {
  const response = await fetch(`${carrier.apiBaseUrl}/simulator`);
  expect(await response.json()).toEqual({ simulator: 'twilio' });
});

test('a call is told line by line, with figures at the end', async () => {
  server.answer = () => twiml('<Reject reason="busy"/>');
  const response = await post('{}');
  expect(response.headers.get('content-type')).toBe('application/x-ndjson');
  const messages = (await response.text())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as ControlMessage);
  expect(messages).toEqual([
    { type: 'progress', progress: { event: 'ringing', atMs: expect.any(Number) as number } },
    {
      type: 'progress',
      progress: {
        event: 'ended',
        end: { by: 'rejected', detail: 'busy' },
        atMs: expect.any(Number) as number,
      },
    },
    { type: 'summary', playedMs: 0, durationMs: 0 },
  ]);
});

test('when the other side goes away, the caller hangs up', async () => {
  const gone = new AbortController();
  const response = await post('{"hangUpAfterMs":60000}', 'application/json', gone.signal);
  const socket = await server.socket();
  gone.abort();
  await expect(response.text()).rejects.toThrow();
  await socket.closed;
  expect(socket.of('stop')).toHaveLength(1);
});

test('a web page of another origin cannot use it', async () => {
  expect((await post('{}', 'text/plain')).status).toBe(415);
  const status = await new Promise((resolve, reject) => {
    request(`${carrier.apiBaseUrl}/simulator`, { headers: { host: 'evil.test' } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
  expect(status).toBe(403);
  expect(server.requests).toEqual([]);
});

test.each([
  ['not JSON', '{'],
  ['no object', '7'],
  ['a wrong number', '{"from":7}'],
  ['wrong keys', '{"digits":"abc"}'],
  ['a negative time', '{"hangUpAfterMs":-1}'],
  ['audio that is no WAV', '{"audio":"AAAA"}'],
])('%s is refused with 400', async (_, body) => {
  expect((await post(body)).status).toBe(400);
  expect(server.requests).toEqual([]);
});

test('other methods are refused', async () => {
  expect((await fetch(`${carrier.apiBaseUrl}/simulator/calls`)).status).toBe(405);
});

test('without a server it says what is missing', async () => {
  await carrier.close();
  carrier = await createTwilioCarrier();
  const response = await post('{}');
  expect(response.status).toBe(409);
  expect(await response.text()).toContain('configureNumber');
});
