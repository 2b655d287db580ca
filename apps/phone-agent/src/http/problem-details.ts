import type { DialRule } from '@phone-agents/core';
import { ConfigurationError, DialRefusedError, PhoneAgentError } from '@phone-agents/core';
import type { Response } from 'express';
import { STATUS_CODES } from 'node:http';

/** A problem as HTTP clients get it: RFC 9457, with a stable `code` for programs. */
export interface Problem {
  readonly status: number;
  /** Stable, in snake case. */
  readonly code: string;
  /** What happened and what to do; holds no secret and no number. */
  readonly detail: string;
  /** The limit or rule that refused a call. */
  readonly rule?: DialRule | undefined;
  /** What is wrong with each part of the request. */
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[] | undefined;
}

const RULE_STATUS: Readonly<Record<DialRule, number>> = {
  number: 422,
  destination: 403,
  'calls-per-number': 429,
  'concurrent-calls': 429,
  stopped: 503,
  draining: 503,
};

const CODE_STATUS: Readonly<Record<string, number>> = {
  call_not_found: 404,
  call_ended: 409,
  call_state: 409,
  destination_unknown: 422,
  command_unsupported: 501,
  provider_request_failed: 502,
};

/** Sends a problem, and nothing else. */
export function sendProblem(response: Response, problem: Problem): void {
  const { status, code, detail, rule, errors } = problem;
  response
    .status(status)
    .type('application/problem+json')
    .send(
      JSON.stringify({
        type: `urn:phone-agents:problem:${code}`,
        title: STATUS_CODES[status],
        status,
        detail,
        code,
        rule,
        errors,
      }),
    );
}

/** What a client is told of an error; undefined where that is a fault of ours, of which nothing is told. */
export function problemOf(error: unknown): Problem | undefined {
  if (error instanceof DialRefusedError) {
    const { code, message, rule } = error;
    return { status: RULE_STATUS[rule], code, detail: message, rule };
  }
  if (error instanceof RangeError) {
    return { status: 422, code: 'request_invalid', detail: error.message };
  }
  if (error instanceof ConfigurationError) {
    return { status: 503, code: error.code, detail: error.message };
  }
  if (!PhoneAgentError.isInstance(error)) return undefined;
  const status = CODE_STATUS[error.code];
  return status === undefined ? undefined : { status, code: error.code, detail: error.message };
}
