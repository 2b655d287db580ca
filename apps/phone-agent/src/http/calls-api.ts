import type { EdgeParticipant, Logger, Phone } from '@phone-agents/core';
import type { ErrorRequestHandler, Router } from 'express';
import express from 'express';
import { z } from 'zod';
import { CallHistory } from './call-history.ts';
import { describeCall } from './describe-call.ts';
import { problemOf, sendProblem } from './problem-details.ts';
import { requireToken } from './require-token.ts';

export interface CallsApiOptions {
  /** Opens the interface, which is closed without. */
  readonly apiToken: string | undefined;
  /** Makes the agent that follows these instructions; absent where the agent follows none. */
  readonly createAgent?: ((instructions: string) => EdgeParticipant) | undefined;
  /** The switch that stops all calling out. */
  readonly callingOut: { enabled: boolean };
  readonly logger: Logger;
}

const MAX_BODY_BYTES = 32_768;

const newCall = z
  .strictObject({
    to: z.string(),
    from: z.string().optional(),
    instructions: z.string().min(1).max(20_000).optional(),
    timeoutMs: z.number().optional(),
    maxDurationMs: z.number().optional(),
    onMachine: z.enum(['hang-up', 'leave-message', 'continue']).optional(),
    message: z.string().max(2_000).optional(),
    recording: z.boolean().optional(),
  })
  .readonly();

const transfer = z.strictObject({
  destination: z.string(),
  announcement: z.string().min(1).max(2_000).optional(),
});

const callingOutState = z.strictObject({ enabled: z.boolean() });

/**
 * The app's interface for programs, below `/calls` and `/calling-out`: places calls, tells of them, transfers
 * and ends them. Bodies are JSON; what goes wrong is told as problem details (RFC 9457).
 */
export function createCallsApi(phone: Phone, options: CallsApiOptions): Router {
  const { callingOut, createAgent, logger } = options;
  const history = new CallHistory(phone);
  const router = express.Router();
  router.use(['/calls', '/calling-out'], requireToken(options.apiToken));
  router.use(['/calls', '/calling-out'], express.json({ limit: MAX_BODY_BYTES, strict: true }));

  router.get('/calls', (_request, response) => {
    response.json({ calls: phone.calls.listActive().map((call) => describeCall(call)) });
  });

  router.post('/calls', async (request, response) => {
    const { instructions, ...dial } = newCall.parse(request.body);
    if (instructions !== undefined && !createAgent) {
      sendProblem(response, {
        status: 422,
        code: 'instructions_unsupported',
        detail:
          'This agent answers from its knowledge file and follows no instructions: leave them out.',
      });
      return;
    }
    const agent = instructions === undefined ? undefined : createAgent?.(instructions);
    const call = await phone.dial({ ...dial, agent });
    response.status(201).location(`/calls/${call.id}`).json(describeCall(call));
  });

  router.get('/calls/:id', async (request, response) => {
    const call = history.require(request.params.id);
    response.json(describeCall(call, await history.billing(call)));
  });

  router.delete('/calls/:id', async (request, response) => {
    await history.require(request.params.id).hangUp();
    response.status(204).end();
  });

  router.post('/calls/:id/transfer', async (request, response) => {
    const { destination, announcement } = transfer.parse(request.body);
    const call = history.require(request.params.id);
    const { outcome, providerCause } = await call.transfer(destination, { announcement });
    response.json({ outcome, providerCause, call: describeCall(call) });
  });

  router.get('/calling-out', (_request, response) => {
    response.json(callingOut);
  });

  router.put('/calling-out', (request, response) => {
    callingOut.enabled = callingOutState.parse(request.body).enabled;
    logger.warn({ enabled: callingOut.enabled }, 'Calling out was switched');
    response.json(callingOut);
  });

  router.use(createErrorHandler(logger));
  return router;
}

function createErrorHandler(logger: Logger): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    if (error instanceof z.ZodError) {
      const errors = error.issues.map(({ path, message }) => ({
        pointer: `/${path.map(String).join('/')}`,
        detail: message,
      }));
      const detail = 'The body is not as it should be.';
      sendProblem(response, { status: 422, code: 'request_invalid', detail, errors });
      return;
    }
    const { status, type } = error as { readonly status?: unknown; readonly type?: unknown };
    if (typeof type === 'string' && typeof status === 'number' && status < 500) {
      const detail = `The body cannot be read (${type}): send JSON, at most ${MAX_BODY_BYTES} bytes.`;
      sendProblem(response, { status, code: 'body_unreadable', detail });
      return;
    }
    const problem = problemOf(error);
    if (!problem) logger.error({ error }, 'A request to the interface failed');
    sendProblem(
      response,
      problem ?? { status: 500, code: 'internal_error', detail: 'See the server’s log.' },
    );
  };
}
