import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { Phone } from '@phone-agents/core';
import { createPhone, silentLogger } from '@phone-agents/core';
import { createTwilioProvider } from '@phone-agents/twilio';
import { PrometheusTelemetry } from './prometheus.ts';
import { createRoutes } from './routes.ts';

const TOKEN = 'a-token-of-these-tests';
let phone: Phone;
let server: Server | undefined;

async function serve(apiToken: string | undefined): Promise<string> {
  const metrics = new PrometheusTelemetry();
  phone = createPhone({
    provider: createTwilioProvider(),
    telemetry: metrics,
    answer: { handleMedia: async () => {} },
  });
  metrics.gauge('phone.calls.active', 'Calls now.', () => phone.calls.activeCount);
  const routes = createRoutes(phone, {
    apiToken,
    metrics,
    callingOut: { enabled: true },
    logger: silentLogger,
  });
  server = createServer((request, response) => void routes(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
}

afterEach(async () => {
  await phone.close();
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve));
});

const list = (url: string, authorization?: string): Promise<Response> =>
  fetch(`${url}/calls`, authorization === undefined ? {} : { headers: { authorization } });

test('the server is healthy, and ready until it drains', async () => {
  const url = await serve(undefined);
  expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'ok' });
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  await phone.drain();
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  expect((await fetch(`${url}/readyz`)).status).toBe(503);
});

test('the list of calls is refused while no token is set, whoever asks', async () => {
  const url = await serve(undefined);
  expect((await list(url)).status).toBe(403);
  expect((await list(url, 'Bearer ')).status).toBe(403);
  expect((await list(url, 'Bearer undefined')).status).toBe(403);
});

test('the list of calls takes the right bearer token and no other', async () => {
  const url = await serve(TOKEN);
  for (const wrong of [undefined, '', TOKEN, `Basic ${TOKEN}`, `Bearer ${TOKEN}x`, 'Bearer ']) {
    const refused = await list(url, wrong);
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toBe('Bearer');
  }
  const answer = await list(url, `Bearer ${TOKEN}`);
  expect(await answer.json()).toEqual({ calls: [] });
  expect(answer.headers.get('cache-control')).toBe('no-store');
});

test('numbers in the list are masked', async () => {
  const url = await serve(TOKEN);
  const { call } = await phone.calls.create({
    provider: 'twilio',
    providerCallId: 'CA1',
    direction: 'inbound',
    from: '+15005550010',
    to: '+15005550011',
  });
  const text = await (await list(url, `bearer ${TOKEN}`)).text();
  expect(text).not.toMatch(/5005550/);
  expect(JSON.parse(text)).toEqual({
    calls: [
      expect.objectContaining({
        id: call.id,
        provider: 'twilio',
        direction: 'inbound',
        state: 'created',
        from: '+•••••••••10',
        to: '+•••••••••11',
      }),
    ],
  });
  await call.hangUp();
});

test('metrics take the bearer token, and count calls', async () => {
  const url = await serve(TOKEN);
  expect((await fetch(`${url}/metrics`)).status).toBe(401);
  const headers = { authorization: `Bearer ${TOKEN}` };
  const answer = await fetch(`${url}/metrics`, { headers });
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
  expect(await answer.text()).toContain('phone_calls_active 0');
});

test('metrics are refused while no token is set', async () => {
  const url = await serve(undefined);
  expect((await fetch(`${url}/metrics`)).status).toBe(403);
});
