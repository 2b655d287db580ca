export type { PostgresKnowledgeBaseOptions } from './postgres-knowledge-base.ts';
export { createPostgresKnowledgeBase } from './postgres-knowledge-base.ts';
