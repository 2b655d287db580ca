import type { EdgeParticipant, Logger, Phone } from '@phone-agents/core';
import { createPhone } from '@phone-agents/core';
import type { PhoneServer } from '@phone-agents/express';
import { servePhone } from '@phone-agents/express';
import type { LocalCarrier, WatchedAgent } from '@phone-agents/simulator';
import { createBrowserPhone } from '@phone-agents/simulator';
import { createEdge } from './edge.ts';
import { PrometheusTelemetry } from './prometheus.ts';
import { createNumberRule } from './calling-out/number-rule.ts';
import { createRoutes } from './routes.ts';
import type { Settings } from './settings.ts';
import type { Stoppable } from './shutdown.ts';
import type { TelephonyOptions } from './telephony.ts';
import { createTelephony } from './telephony.ts';

export interface ServerOptions extends TelephonyOptions {
  /** Who answers the calls; the phone in the browser shows what its sessions tell. */
  readonly agent: EdgeParticipant & Partial<WatchedAgent>;
  /** Makes the agent of a call that is placed with instructions; absent where it follows none. */
  readonly createAgent?: ((instructions: string) => EdgeParticipant) | undefined;
  readonly logger: Logger;
}

/** The app's server, as it runs. */
export interface RunningServer extends Stoppable {
  readonly phone: Phone;
  /** Address on this machine. */
  readonly url: string;
  readonly port: number;
  /** The stand-in of the provider; undefined on the live network. */
  readonly carrier: LocalCarrier | undefined;
}

/**
 * Starts the phone, its server, and on a simulated network the carrier. Simulated calls need no door
 * to the outside, so the server then listens on 127.0.0.1 only.
 *
 * @throws ConfigurationError that names every missing or wrong setting.
 */
export async function startServer(
  settings: Settings,
  options: ServerOptions,
): Promise<RunningServer> {
  const { agent, logger } = options;
  const { provider, publicUrl, carrier } = await createTelephony(settings.telephony, options);
  const metrics = new PrometheusTelemetry();
  const callingOut = { enabled: settings.outbound.enabled };
  const phone = createPhone({
    provider,
    telemetry: metrics,
    publicUrl,
    edge: createEdge(settings.edge, logger),
    answer: agent,
    limits: settings.limits,
    outbound: {
      refuses: createNumberRule(settings.outbound.countries),
      maxCallsPerNumberPerHour: settings.outbound.maxCallsPerNumberPerHour,
      maxConcurrentCalls: settings.limits.maxConcurrentCalls,
      maxCallDurationMs: settings.limits.maxCallDurationMs,
      isStopped: () => !callingOut.enabled,
    },
    destinations: settings.outbound.destinations,
    logger,
  });
  metrics.gauge('phone.calls.active', 'phone.calls.active', () => phone.calls.activeCount);
  const browserPhone =
    carrier && createBrowserPhone(carrier, { agent: isWatched(agent) ? agent : undefined });
  let server: PhoneServer;
  try {
    server = await servePhone(phone, {
      port: settings.port,
      host: carrier ? '127.0.0.1' : undefined,
      app: createRoutes(phone, {
        apiToken: settings.apiToken,
        metrics,
        createAgent: options.createAgent,
        callingOut,
        logger,
        simulatorUrl: carrier?.controlUrl,
        browserPhone,
      }),
      upgrade: browserPhone?.handleUpgrade,
      logger,
    });
  } catch (error) {
    await browserPhone?.close();
    await carrier?.close();
    throw error;
  }
  carrier?.configureNumber({ webhookUrl: server.url });
  return {
    phone,
    url: server.url,
    port: server.port,
    carrier,
    drain: () => phone.drain({ timeoutMs: settings.drainTimeoutMs }),
    close: async () => {
      await browserPhone?.close();
      await phone.close();
      await carrier?.close();
      await server.close();
    },
  };
}

function isWatched(agent: Partial<WatchedAgent>): agent is WatchedAgent {
  return agent.on !== undefined;
}
