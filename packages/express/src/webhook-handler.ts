import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger, Phone, WebhookResponse } from '@phone-agents/core';
import { splitTarget } from './mount-path.ts';
import { readRawBody } from './raw-body.ts';

/** A request handler in Express's form; any Express app or connect middleware is called so. */
export type RequestHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;

export interface WebhookHandlerOptions {
  readonly logger: Logger;
  readonly maxBodyBytes: number;
}

const BODY_CONSUMED =
  'The request body was read before the phone could verify its signature: mount the phone before body parsers.';

/** Gives the provider's requests to the phone and leaves all others to `next`. */
export function createWebhookHandler(phone: Phone, options: WebhookHandlerOptions): RequestHandler {
  const prefix = `/${phone.provider.name}/`;
  return (request, response, next) => {
    const target = splitTarget(request.url ?? '/');
    if (!target.path.startsWith(prefix)) {
      next();
      return;
    }
    handle(phone, request, response, target, options).catch((error: unknown) => {
      options.logger.error({ error }, 'A webhook could not be handled');
      answerPlainly(response, 500, 'Internal Server Error');
    });
  };
}

async function handle(
  phone: Phone,
  request: IncomingMessage,
  response: ServerResponse,
  target: { readonly path: string; readonly query: string },
  options: WebhookHandlerOptions,
): Promise<void> {
  const body = await readRawBody(request, options.maxBodyBytes);
  switch (body.outcome) {
    case 'aborted':
      return;
    case 'too-large':
      // The rest is not read, so the connection cannot serve another request.
      response.setHeader('connection', 'close');
      answerPlainly(response, 413, 'Content Too Large');
      return;
    case 'consumed':
      options.logger.error({}, BODY_CONSUMED);
      answerPlainly(response, 500, BODY_CONSUMED);
      return;
    case 'read':
      write(
        response,
        await phone.handleWebhook({
          method: request.method ?? 'GET',
          ...target,
          headers: request.headers,
          rawBody: body.bytes,
        }),
      );
  }
}

function write(response: ServerResponse, answer: WebhookResponse): void {
  if (response.headersSent || response.destroyed) return;
  response.removeHeader('x-powered-by');
  response.writeHead(answer.status, answer.headers);
  response.end(answer.body);
}

/** Answers with one line of text; does nothing where an answer has begun. */
export function answerPlainly(response: ServerResponse, status: number, text: string): void {
  write(response, {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    body: `${text}\n`,
  });
}
