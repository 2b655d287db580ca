import type { Phone, PhoneCall } from '@phone-agents/core';
import { maskPhoneNumber } from '@phone-agents/core';
import type { BrowserPhone } from '@phone-agents/simulator';
import express from 'express';
import type { Express, Request, RequestHandler, Response } from 'express';
import { isAuthorized } from './bearer-token.ts';

/** Measurements in a form that can be read over HTTP. */
export interface MetricsSource {
  readonly contentType: string;
  text(): Promise<string>;
}

export interface RouteOptions {
  /** Opens `GET /calls` and `GET /metrics`, which are refused without. */
  readonly apiToken?: string | undefined;
  /** What `GET /metrics` gives; absent: there is no such route. */
  readonly metrics?: MetricsSource | undefined;
  /** Where the simulated carrier takes calls, for `npm run call`; absent on a live network. */
  readonly simulatorUrl?: string | undefined;
  /** The page to call from, at `/`; absent on a live network. */
  readonly browserPhone?: BrowserPhone | undefined;
}

/** The app's own routes, beside the provider's: health, readiness, metrics, and the list of live calls. */
export function createRoutes(phone: Phone, options: RouteOptions = {}): Express {
  const { apiToken, metrics, simulatorUrl, browserPhone } = options;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use((_request: Request, response: Response, next) => {
    response.set('cache-control', 'no-store');
    next();
  });
  app.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  app.get('/readyz', (_request, response) => {
    if (phone.isDraining) response.status(503).json({ status: 'draining' });
    else response.json({ status: 'ready' });
  });
  const authorize: RequestHandler = (request, response, next) => {
    if (apiToken === undefined) {
      response.status(403).json({ error: 'Set API_TOKEN to open this.' });
    } else if (!isAuthorized(request.headers.authorization, apiToken)) {
      response.status(401).set('www-authenticate', 'Bearer').json({ error: 'Unauthorized' });
    } else next();
  };
  app.get('/calls', authorize, (_request, response) => {
    response.json({ calls: phone.calls.listActive().map(describeCall) });
  });
  if (metrics) {
    app.get('/metrics', authorize, async (_request, response) => {
      response.set('content-type', metrics.contentType).send(await metrics.text());
    });
  }
  if (browserPhone) {
    app.use((request: Request, response: Response, next) => {
      if (!browserPhone.handleRequest(request, response)) next();
    });
  }
  if (simulatorUrl !== undefined) {
    app.get('/simulator', (_request, response) => {
      response.redirect(307, `${simulatorUrl}/simulator`);
    });
  }
  return app;
}

function describeCall(call: PhoneCall): Readonly<Record<string, unknown>> {
  return {
    id: call.id,
    provider: call.provider,
    direction: call.direction,
    state: call.state,
    from: maskPhoneNumber(call.from),
    to: maskPhoneNumber(call.to),
    createdAt: new Date(call.createdAtMs).toISOString(),
  };
}
