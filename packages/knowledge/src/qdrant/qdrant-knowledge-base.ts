import type { KnowledgeBaseOptions } from '../indexed-knowledge-base.ts';
import { createKnowledgeBase } from '../indexed-knowledge-base.ts';
import type { KnowledgeBase } from '../knowledge-base.ts';
import { openQdrant } from './qdrant-connection.ts';
import { QdrantPassageStore } from './qdrant-passage-store.ts';

const COLLECTION_NAME = /^[\w-]{1,255}$/;

/** Where a knowledge base in Qdrant is, and how it searches. */
export interface QdrantKnowledgeBaseOptions extends KnowledgeBaseOptions {
  /** The server, `http://localhost:6333`; without a port, Qdrant's own, 6333. */
  readonly url: string;
  readonly apiKey?: string | undefined;
  /** Collection, made when the first documents are added; default `phone-agents-knowledge`. */
  readonly collection?: string | undefined;
}

/**
 * A knowledge base in a Qdrant collection: words as a sparse vector, meaning as a dense one, fused by
 * reciprocal rank. A collection holds vectors of one length: another embedding model wants another
 * collection.
 *
 * @throws RangeError where the collection's name is none.
 */
export function createQdrantKnowledgeBase(options: QdrantKnowledgeBaseOptions): KnowledgeBase {
  const { collection = 'phone-agents-knowledge' } = options;
  if (!COLLECTION_NAME.test(collection)) {
    throw new RangeError('collection must be a name of letters, digits, - and _.');
  }
  const store = new QdrantPassageStore(() => openQdrant(options), collection);
  return createKnowledgeBase(store, options);
}
