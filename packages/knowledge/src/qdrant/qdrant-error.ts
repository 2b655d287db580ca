import { PhoneAgentError } from '@phone-agents/core';
import { KnowledgeError, errorCode } from '../errors.ts';

/** An error of Qdrant's in our words; the client's own, which may name hosts, is the cause. */
export function unavailable(error: unknown): unknown {
  if (PhoneAgentError.isInstance(error)) return error;
  return new KnowledgeError('knowledge_unavailable', `Qdrant cannot be used: ${reasonOf(error)}.`, {
    cause: error,
  });
}

function reasonOf(error: unknown): string {
  const { status, name, cause } = error as {
    readonly status?: unknown;
    readonly name?: unknown;
    readonly cause?: unknown;
  };
  if (status === 401 || status === 403) return 'it refuses the API key';
  if (typeof status === 'number') return `it answered with HTTP ${status}`;
  if (name === 'QdrantClientTimeoutError') return 'it does not answer in time';
  const code = errorCode(cause);
  if (code === 'ECONNREFUSED') return 'nothing listens at its address, so it does not run';
  if (code === 'ENOTFOUND') return 'its host name is not known';
  return `it cannot be reached${code === undefined ? '' : ` (${code})`}`;
}
