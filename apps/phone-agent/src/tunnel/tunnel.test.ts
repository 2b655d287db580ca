import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { findLocalTunnel } from './local-ngrok.ts';
import type { NgrokModule } from './tunnel.ts';
import { openTunnel } from './tunnel.ts';

let agent: Server;
let agentUrl: string;
let answer: string;
beforeAll(async () => {
  agent = createServer((request, response) => {
    response.writeHead(request.url === '/api/tunnels' ? 200 : 404).end(answer);
  }).listen(0, '127.0.0.1');
  await once(agent, 'listening');
  agentUrl = `http://127.0.0.1:${(agent.address() as AddressInfo).port}`;
});
beforeEach(() => (answer = '{"tunnels":[]}'));
afterAll(() => {
  agent.closeAllConnections();
  agent.close();
});

function tunnelTo(addr: string, publicUrl = 'https://example.ngrok.test'): string {
  const other = { public_url: 'https://other.ngrok.test', config: { addr: 'http://localhost:80' } };
  return JSON.stringify({ tunnels: [other, { public_url: publicUrl, config: { addr } }] });
}

test.each(['http://localhost:8000', 'localhost:8000', 'https://127.0.0.1:8000/', '8000'])(
  'the tunnel of an agent on this machine is found by the port that it leads to: %s',
  async (addr) => {
    answer = tunnelTo(addr);
    expect(await findLocalTunnel(8000, agentUrl)).toBe('https://example.ngrok.test');
    const tunnel = await openTunnel({ port: 8000, agentUrl });
    expect(tunnel).toMatchObject({ url: 'https://example.ngrok.test', wasFound: true });
    await tunnel.close();
  },
);

test.each([
  ['leads to another port', tunnelTo('http://localhost:18000')],
  ['has no encryption', tunnelTo('http://localhost:8000', 'http://example.ngrok.test')],
  ['is none', '{"tunnels":[{},{"public_url":7}]}'],
  ['is another program’s', '<html></html>'],
])('a tunnel that %s is not taken', async (_what, text) => {
  answer = text;
  expect(await findLocalTunnel(8000, agentUrl)).toBeUndefined();
});

test('without an agent a tunnel is opened to the port, and closed again', async () => {
  const calls: unknown[] = [];
  const ngrok: NgrokModule = {
    forward: (options) => {
      calls.push(options);
      return Promise.resolve({
        url: () => 'https://made.ngrok.test',
        close: () => Promise.resolve(void calls.push('closed')),
      });
    },
  };
  const tunnel = await openTunnel({
    port: 8000,
    authToken: 'token',
    agentUrl,
    loadNgrok: () => Promise.resolve(ngrok),
  });
  expect(tunnel).toMatchObject({ url: 'https://made.ngrok.test', wasFound: false });
  await tunnel.close();
  expect(calls).toEqual([{ addr: 8000, authtoken: 'token' }, 'closed']);
});

test('what is missing is named: the token, the package, a port that is known', async () => {
  await expect(openTunnel({ port: 8000, agentUrl })).rejects.toMatchObject({
    code: 'configuration_invalid',
    problems: [expect.objectContaining({ setting: 'NGROK_AUTHTOKEN' })],
  });
  await expect(openTunnel({ port: 0, agentUrl })).rejects.toMatchObject({
    problems: [expect.objectContaining({ setting: 'PORT' })],
  });
  await expect(openTunnel({ port: 8000, authToken: 'token', agentUrl })).rejects.toMatchObject({
    code: 'tunnel_unavailable',
    message: expect.stringContaining('npm install'),
  });
});

test('a refusal of ngrok’s says what to do, and not the token', async () => {
  const ngrok: NgrokModule = { forward: () => Promise.reject(new Error('ERR_NGROK_108 secret')) };
  const opening = openTunnel({
    port: 8000,
    authToken: 'secret',
    agentUrl,
    loadNgrok: () => Promise.resolve(ngrok),
  });
  await expect(opening).rejects.toMatchObject({ code: 'tunnel_unavailable' });
  await expect(opening).rejects.toThrow(/^(?!.*secret)/);
});
