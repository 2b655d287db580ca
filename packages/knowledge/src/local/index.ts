export type { LocalKnowledgeBaseOptions } from './local-knowledge-base.ts';
export { createLocalKnowledgeBase } from './local-knowledge-base.ts';
