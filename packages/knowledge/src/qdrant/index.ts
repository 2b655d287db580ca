export type { QdrantKnowledgeBaseOptions } from './qdrant-knowledge-base.ts';
export { createQdrantKnowledgeBase } from './qdrant-knowledge-base.ts';
