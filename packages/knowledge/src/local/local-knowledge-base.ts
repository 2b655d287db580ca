import type { KnowledgeBaseOptions } from '../indexed-knowledge-base.ts';
import { createKnowledgeBase } from '../indexed-knowledge-base.ts';
import type { KnowledgeBase } from '../knowledge-base.ts';
import { LocalPassageStore } from './local-passage-store.ts';

/** Where a local knowledge base is kept, and how it searches. */
export interface LocalKnowledgeBaseOptions extends KnowledgeBaseOptions {
  /** The file that keeps it; without one it lives in memory only. One process may write to a file. */
  readonly path?: string | undefined;
}

/**
 * A knowledge base in this process: no server, no account. It holds everything in memory, and its
 * file is read when it is first used and replaced as a whole, never half, behind every change.
 *
 * @example
 * const knowledge = createLocalKnowledgeBase({ path: 'knowledge.index' });
 * await importFolder(knowledge, './docs');
 * const [passage] = await knowledge.search('when do you open');
 */
export function createLocalKnowledgeBase(options: LocalKnowledgeBaseOptions = {}): KnowledgeBase {
  return createKnowledgeBase(new LocalPassageStore(options.path), options);
}
