import { existsSync } from 'node:fs';
import { ConfigurationError, createLocalEdge, createPhone } from '@phone-agents/core';
import { servePhone } from '@phone-agents/express';
import { createTwilioProvider } from '@phone-agents/twilio';
import { createAgent } from './agent.ts';

if (existsSync('.env')) process.loadEnvFile('.env');

async function start(): Promise<void> {
  const agent = await createAgent();
  // With credentials, calls are real. Without, a carrier on this machine stands in for Twilio.
  const isLive = Boolean(process.env.TWILIO_AUTH_TOKEN);
  const simulation = isLive ? undefined : await (await import('./simulation.ts')).simulate(agent);

  const phone = createPhone({
    provider: createTwilioProvider({ environment: simulation?.carrier.environment }),
    edge: createLocalEdge(),
    answer: agent,
    publicUrl: isLive ? (process.env.PUBLIC_URL ?? '') : undefined,
    limits: { maxConcurrentCalls: 20, maxCallsPerCallerPerHour: 20, maxCallDurationMs: 1_800_000 },
    onError: (error) => console.error(error),
  });
  const server = await servePhone(phone, {
    port: Number(process.env.PORT || 8000),
    host: isLive ? undefined : '127.0.0.1',
    app: simulation?.app,
    upgrade: simulation?.upgrade,
  });
  simulation?.carrier.configureNumber({ webhookUrl: server.url });

  if (simulation) {
    console.log(`Call the agent from your browser: http://localhost:${server.port}/`);
  } else {
    console.log('Enter these addresses at Twilio:');
    for (const { path, purpose } of phone.provider.webhooks) {
      console.log(`  ${phone.publicUrl.http(path)}  (${purpose})`);
    }
  }

  // No new calls, then live ones may finish; a second signal ends them.
  const stop = async (): Promise<void> => {
    await phone.drain({ timeoutMs: 30_000 });
    await simulation?.close();
    await server.close();
    process.exit();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      process.once(signal, () => process.exit(1));
      console.log('Stopping: live calls may finish.');
      void stop();
    });
  }
}

start().catch((error: unknown) => {
  if (error instanceof ConfigurationError) {
    console.error('These settings are missing or wrong (see .env.example):');
    for (const { setting, problem } of error.problems) console.error(`  ${setting} ${problem}`);
  } else console.error(error);
  process.exit(1);
});
