import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createPhone } from '@phone-agents/core';
import { servePhone } from '@phone-agents/express';
import { createTwilioProvider } from '@phone-agents/twilio';
import { WebSocketServer } from 'ws';
import { collectGarbage } from '../collect-garbage.ts';
import { echoParticipant } from '../soak/echo-participant.ts';
import type { ServerCommand, ServerReport } from './load-protocol.ts';

/** The process whose cost is measured: our whole server, or the least that any WebSocket server does. */
const [, , kind = '', settings = '{}'] = process.argv;
const stop = kind === 'phone' ? await startPhone(settings) : await startRawEcho();

process.on('message', (command: ServerCommand) => {
  if (command === 'stop') {
    void stop().then(() => process.disconnect());
    return;
  }
  const { user, system } = process.cpuUsage();
  if (command === 'measure-memory') collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  report({ cpuMicroseconds: user + system, memoryBytes: heapUsed + external });
});

function report(message: ServerReport): void {
  process.send!(message);
}

async function startPhone(settingsText: string): Promise<() => Promise<void>> {
  const settings = JSON.parse(settingsText) as Record<string, string>;
  const phone = createPhone({
    provider: createTwilioProvider({
      accountSid: settings['TWILIO_ACCOUNT_SID'],
      authToken: settings['TWILIO_AUTH_TOKEN'],
      apiBaseUrl: settings['TWILIO_API_BASE_URL'],
    }),
    answer: echoParticipant,
  });
  const server = await servePhone(phone, { port: 0, host: '127.0.0.1' });
  report({ url: server.url });
  return async () => {
    await phone.close();
    await server.close();
  };
}

/** Every message goes back as it came: no parsing, no audio. */
async function startRawEcho(): Promise<() => Promise<void>> {
  const server: Server = createServer();
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  sockets.on('connection', (socket) => {
    socket.on('message', (data: Buffer) => socket.send(data, { binary: false }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  report({ url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}` });
  return async () => {
    for (const socket of sockets.clients) socket.terminate();
    sockets.close();
    await new Promise((resolve) => server.close(resolve));
  };
}
