import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Phone } from '@phone-agents/core';
import {
  ConfigurationError,
  createRedactingLogger,
  silentLogger,
  systemClock,
} from '@phone-agents/core';
import express from 'express';
import type { NextFunction, Request, Response } from 'express';
import type { PhoneServingOptions } from './mount-phone.ts';
import { mountOn } from './mount-phone.ts';
import { normalizeMountPath } from './mount-path.ts';
import { answerPlainly } from './webhook-handler.ts';

/**
 * How long a client may take: headers, then the whole request. Providers send theirs at once; who
 * needs longer holds a connection on purpose.
 */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 15_000;
/** How often the two above are looked after. */
const TIMEOUT_CHECK_INTERVAL_MS = 2_000;
/** Longer than the 60 s of usual load balancers, which must be the first to close an idle connection. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
/** Requests that are being answered have so long when the server closes. */
const CLOSE_TIMEOUT_MS = 5_000;

/** How a phone is served on a server of its own. */
export interface ServePhoneOptions extends PhoneServingOptions {
  /** Port to listen on; 0 for any free one. */
  readonly port: number;
  /** Address to listen on; default all of this machine's. */
  readonly host?: string | undefined;
  /**
   * Your own Express app, for all other paths. It never sees the phone's requests, so its body
   * parsers do no harm.
   */
  readonly app?: ((request: IncomingMessage, response: ServerResponse) => unknown) | undefined;
  /** Takes WebSocket upgrades to all other paths; default: they are answered with 404. */
  readonly upgrade?: ((request: IncomingMessage, socket: Duplex, head: Buffer) => void) | undefined;
}

/** A phone that is being served. */
export interface PhoneServer {
  /** Address on this machine, mount path included: `http://127.0.0.1:8000`. */
  readonly url: string;
  readonly port: number;
  readonly server: Server;
  /**
   * Stops listening, closes media sockets, and lets requests that are being answered finish (5 s at
   * most). The phone is not closed, and calls that still live lose their media: `phone.drain()` first.
   * Repeatable.
   */
  close(): Promise<void>;
}

/**
 * Serves a phone on a server of its own: webhooks over Express, media sockets by the `upgrade` event.
 *
 * Where the phone knows no public address it is told `http://127.0.0.1:port`, which a simulated
 * carrier on this machine can reach. Resolves when requests are taken.
 *
 * ```ts
 * const server = await servePhone(phone, { port: 8000 });
 * ```
 *
 * @throws ConfigurationError that names every missing or wrong setting (`phone.check()`).
 * @throws RangeError for a `path` that is no plain path, or a limit that is no positive number.
 * @throws what `phone.prepare()` throws, where a model cannot be loaded, say.
 * @throws Error of Node's, where the port cannot be listened on (`EADDRINUSE`).
 */
export async function servePhone(phone: Phone, options: ServePhoneOptions): Promise<PhoneServer> {
  const { clock = systemClock } = options;
  const logger = createRedactingLogger(options.logger ?? silentLogger);
  const app = express();
  app.disable('x-powered-by');
  const server = createServer(
    {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: TIMEOUT_CHECK_INTERVAL_MS,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    },
    // Express declares that it may return a promise of its own; Node has no use for it.
    (request, response) => void app(request, response),
  );
  const mounted = mountOn(phone, { ...options, app, server }, true, options.upgrade);
  if (options.app) app.use(options.app);
  app.use((_request: Request, response: Response) => answerPlainly(response, 404, 'Not Found'));
  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    const status = clientErrorStatus(error);
    if (status === undefined) logger.error({ error }, 'A request handler failed');
    if (response.headersSent) response.destroy();
    else if (status === undefined) answerPlainly(response, 500, 'Internal Server Error');
    else answerPlainly(response, status, 'Bad Request');
  });

  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    const timer = clock.setTimeout(() => server.closeAllConnections(), CLOSE_TIMEOUT_MS);
    await mounted.close();
    server.closeIdleConnections();
    await closed;
    timer.cancel();
  };

  // Before the first request can come: listening means ready.
  await phone.prepare();
  const port = await listen(server, options.port, options.host);
  const mountPath = normalizeMountPath(options.path ?? '/');
  if (!phone.hasPublicUrl) phone.usePublicUrl(`http://127.0.0.1:${port}${mountPath}`);
  const problems = phone.check();
  if (problems.length > 0) {
    await close();
    throw new ConfigurationError(problems);
  }
  return {
    url: `http://${hostInUrl(options.host)}:${port}${mountPath}`,
    port,
    server,
    close: () => (closing ??= close()),
  };
}

function listen(server: Server, port: number, host: string | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host }, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

/** What a client on this machine puts into a URL to reach the address that is listened on. */
function hostInUrl(host: string | undefined): string {
  if (host === undefined || host === '' || host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

/** Express marks what the client got wrong (a malformed path, say) with a 4xx status. */
function clientErrorStatus(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('status' in error)) return undefined;
  const { status } = error;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}
