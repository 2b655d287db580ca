import type { PhoneAgentErrorOptions } from '@phone-agents/core';
import { PhoneAgentError } from '@phone-agents/core';

/** Why something could not be done with a knowledge base. */
export type KnowledgeErrorCode =
  /** The database or service behind it does not answer, or refuses. */
  | 'knowledge_unavailable'
  /** What is stored is damaged, or was written by something else. */
  | 'knowledge_index_invalid'
  /** The embedding model failed, or gave what cannot be stored. */
  | 'knowledge_embedding_failed'
  /** A file cannot be read as a document. */
  | 'knowledge_document_unreadable'
  /** A package or an extension that the backend needs is not installed. */
  | 'knowledge_driver_missing'
  /** It has been closed. */
  | 'knowledge_closed';

/** A knowledge base could not do what was asked; `code` says in which way. */
export class KnowledgeError extends PhoneAgentError {
  declare readonly code: KnowledgeErrorCode;

  constructor(code: KnowledgeErrorCode, message: string, options?: PhoneAgentErrorOptions) {
    super(code, message, options);
  }
}

/** The `code` of an error of Node's or a driver's, from whatever realm. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** A driver is an optional peer: installed by those who use it. */
export function driverMissing(message: string, cause: unknown): KnowledgeError {
  return new KnowledgeError('knowledge_driver_missing', message, { cause });
}
