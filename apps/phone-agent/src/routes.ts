import type { Phone } from '@phone-agents/core';
import type { BrowserPhone } from '@phone-agents/simulator';
import express from 'express';
import type { Express, Request, Response } from 'express';
import type { CallsApiOptions } from './http/calls-api.ts';
import { createCallsApi } from './http/calls-api.ts';
import { requireToken } from './http/require-token.ts';

/** Measurements in a form that can be read over HTTP. */
export interface MetricsSource {
  readonly contentType: string;
  text(): Promise<string>;
}

export interface RouteOptions extends CallsApiOptions {
  /** What `GET /metrics` gives; absent: there is no such route. */
  readonly metrics?: MetricsSource | undefined;
  /** Where the simulated carrier takes calls, for `npm run call`; absent on a live network. */
  readonly simulatorUrl?: string | undefined;
  /** The page to call from, at `/`; absent on a live network. */
  readonly browserPhone?: BrowserPhone | undefined;
}

/** The app's own routes, beside the provider's: health, readiness, metrics, and the interface for programs. */
export function createRoutes(phone: Phone, options: RouteOptions): Express {
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
  if (metrics) {
    app.get('/metrics', requireToken(apiToken), async (_request, response) => {
      response.set('content-type', metrics.contentType).send(await metrics.text());
    });
  }
  app.use(createCallsApi(phone, options));
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
