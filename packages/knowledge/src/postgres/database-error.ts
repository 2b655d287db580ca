import { PhoneAgentError } from '@phone-agents/core';
import { KnowledgeError, errorCode } from '../errors.ts';

/** What SQLSTATEs, and codes of Node's network, mean to who runs the database. */
const HINTS: readonly (readonly [RegExp, string])[] = [
  [/^(?:ECONNREFUSED|ENOENT)$/, 'nothing listens at its address, so it does not run'],
  [/^(?:ENOTFOUND|EAI_AGAIN)$/, 'its host name is not known'],
  [/^(?:ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)$/, 'it cannot be reached'],
  [/^(?:ECONNRESET|EPIPE|57P0[123]|08\w{3})$/, 'the connection broke'],
  [/^28\w{3}$/, 'it refuses the user or the password'],
  [/^3D000$/, 'there is no such database'],
  [/^42501$/, 'this user has no right to do that'],
  [/^53\w{3}$/, 'it has no room, memory or connections left'],
  [/^57014$/, 'the statement took too long'],
];

/** An error of the database in our words; the driver's own, which may name hosts and users, is the cause. */
export function unavailable(error: unknown): unknown {
  if (PhoneAgentError.isInstance(error)) return error;
  const code = errorCode(error) ?? codeOfFirst(error);
  const hint = HINTS.find(([pattern]) => code !== undefined && pattern.test(code))?.[1];
  const reason = hint ?? `it answered with an error${code === undefined ? '' : ` (${code})`}`;
  return new KnowledgeError('knowledge_unavailable', `PostgreSQL cannot be used: ${reason}.`, {
    cause: error,
  });
}

/** A host with several addresses fails with all of their errors. */
function codeOfFirst(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('errors' in error)) return undefined;
  return Array.isArray(error.errors) ? errorCode(error.errors[0]) : undefined;
}
