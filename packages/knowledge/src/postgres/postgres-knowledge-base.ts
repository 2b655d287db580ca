import { silentLogger } from '@phone-agents/core';
import type { KnowledgeBaseOptions } from '../indexed-knowledge-base.ts';
import { createKnowledgeBase } from '../indexed-knowledge-base.ts';
import type { KnowledgeBase } from '../knowledge-base.ts';
import { openPg } from './pg-client.ts';
import { openPglite } from './pglite-client.ts';
import { PostgresPassageStore } from './postgres-passage-store.ts';

const DEFAULT_SCHEMA = 'phone_agents_knowledge';
const SCHEMA_NAME = /^[a-z_][a-z0-9_]{0,62}$/;

/** Where a knowledge base in PostgreSQL is, and how it searches. */
export interface PostgresKnowledgeBaseOptions extends KnowledgeBaseOptions {
  /** A server, `postgres://user:password@host/database`; needs the package pg. */
  readonly url?: string | undefined;
  /**
   * Folder of an embedded PostgreSQL (PGlite), for one process at a time. Without `url` and `dataDir`
   * it lives in memory.
   */
  readonly dataDir?: string | undefined;
  /** Schema of the tables, made and migrated when first used; default `phone_agents_knowledge`. */
  readonly schema?: string | undefined;
}

/**
 * A knowledge base in PostgreSQL: full text, and pgvector where there is an embedding model, fused by
 * reciprocal rank. The same statements run on a server and on the embedded PGlite.
 *
 * @throws RangeError where both `url` and `dataDir` are given, or the schema is no plain name.
 */
export function createPostgresKnowledgeBase(
  options: PostgresKnowledgeBaseOptions = {},
): KnowledgeBase {
  const { url, dataDir, schema = DEFAULT_SCHEMA, logger = silentLogger } = options;
  if (url !== undefined && dataDir !== undefined) {
    throw new RangeError('Give url or dataDir, not both.');
  }
  if (!SCHEMA_NAME.test(schema)) {
    throw new RangeError('schema must be a name of small letters, digits and underscores.');
  }
  const store = new PostgresPassageStore({
    open: () => (url === undefined ? openPglite(dataDir) : openPg(url, logger)),
    schema,
    withVectors: options.embeddingModel !== undefined,
  });
  return createKnowledgeBase(store, options);
}
