import { existsSync, mkdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ConfigurationError, PhoneAgentError } from '@phone-agents/core';
import { destination, pino } from 'pino';
import { createAnswering } from './answering.ts';
import { renderForPhone } from './render-for-phone.ts';
import { startServer } from './server.ts';
import type { Settings } from './settings.ts';
import { describeProblems, readSettings } from './settings.ts';
import { stopOnSignal } from './shutdown.ts';
import { describeStart } from './start-message.ts';
import { followTranscript } from './transcript.ts';
import { readSettingsWithTunnel } from './tunnel/settings-with-tunnel.ts';
import type { Tunnel } from './tunnel/tunnel.ts';

const ENVIRONMENT_FILE = '.env';

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { tunnel: { type: 'boolean', default: false } } });
  if (existsSync(ENVIRONMENT_FILE)) process.loadEnvFile(ENVIRONMENT_FILE);
  if (!values.tunnel) {
    await run(readSettings(process.env));
    return;
  }
  const { settings, tunnel } = await readSettingsWithTunnel(process.env);
  try {
    await run(settings, tunnel);
  } finally {
    await tunnel.close();
  }
}

async function run(settings: Settings, tunnel?: Tunnel): Promise<void> {
  // Log lines go to standard error, so that standard output stays readable.
  const logger = pino({ level: settings.logLevel }, destination({ dest: 2, sync: true }));
  const answering = await createAnswering(settings, logger);
  const server = await startServer(settings, {
    agent: answering.agent,
    createAgent: answering.createAgent,
    logger,
    renderAnnouncement: renderForPhone,
  });
  if (server.carrier) {
    // These callers are invented, so what they say may be shown.
    followTranscript(answering.agent, (line) => console.log(line));
    mkdirSync('recordings', { recursive: true });
  }
  console.log(
    describeStart(settings, {
      url: server.url,
      tunnel: tunnel && (tunnel.wasFound ? 'found on this machine' : 'open until this stops'),
      publicUrl: server.phone.publicUrl.base,
      webhooks: server.phone.provider.webhooks,
      agentName: answering.name,
      speechRecognition: answering.speechRecognition,
      sampleKey: answering.sampleKey,
    }),
  );
  await stopOnSignal(server, { tell: (sentence) => console.log(sentence) });
  await answering.close();
}

try {
  await main();
} catch (error) {
  console.error(describeFailure(error));
  process.exitCode = 1;
}

function describeFailure(error: unknown): string {
  if (error instanceof ConfigurationError) return describeProblems(error);
  if (PhoneAgentError.isInstance(error)) return error.message;
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && error.code === 'EADDRINUSE') {
    return 'The port is taken by another program: stop it, or set PORT to another number.';
  }
  if ('code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')) {
    return `${error.message}\nUsage: npm start -- [--tunnel]`;
  }
  return error.stack ?? error.message;
}
