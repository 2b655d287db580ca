import { existsSync, mkdirSync } from 'node:fs';
import { ConfigurationError } from '@phone-agents/core';
import { destination, pino } from 'pino';
import { createOfflineAgent } from './agent.ts';
import { renderForPhone } from './render-for-phone.ts';
import { startServer } from './server.ts';
import { describeProblems, readSettings } from './settings.ts';
import { stopOnSignal } from './shutdown.ts';
import { describeStart } from './start-message.ts';
import { followTranscript } from './transcript.ts';

const ENVIRONMENT_FILE = '.env';

async function main(): Promise<void> {
  if (existsSync(ENVIRONMENT_FILE)) process.loadEnvFile(ENVIRONMENT_FILE);
  const settings = readSettings(process.env);
  // Log lines go to standard error, so that standard output stays readable.
  const logger = pino({ level: settings.logLevel }, destination({ dest: 2, sync: true }));
  const offline = await createOfflineAgent();
  const server = await startServer(settings, {
    agent: offline.agent,
    logger,
    renderAnnouncement: renderForPhone,
  });
  if (server.carrier) {
    // These callers are invented, so what they say may be shown.
    followTranscript(offline.agent, (line) => console.log(line));
    mkdirSync('recordings', { recursive: true });
  }
  console.log(
    describeStart(settings, {
      url: server.url,
      publicUrl: server.phone.publicUrl.base,
      webhooks: server.phone.provider.webhooks,
      agentName: offline.knowledge.name,
      speechRecognition:
        offline.keypadOnlyBecause === undefined ? 'on' : `off (${offline.keypadOnlyBecause})`,
      sampleKey: offline.knowledge.topics.find(({ key }) => key !== undefined)?.key ?? '0',
    }),
  );
  await stopOnSignal(server, { tell: (sentence) => console.log(sentence) });
  await offline.close();
}

try {
  await main();
} catch (error) {
  console.error(describeFailure(error));
  process.exitCode = 1;
}

function describeFailure(error: unknown): string {
  if (error instanceof ConfigurationError) return describeProblems(error);
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && error.code === 'EADDRINUSE') {
    return 'The port is taken by another program: stop it, or set PORT to another number.';
  }
  return error.stack ?? error.message;
}
