export type {
  HashedEmbeddingModel,
  HashedEmbeddingModelOptions,
} from './hashed-embedding-model.ts';
export { createHashedEmbeddingModel } from './hashed-embedding-model.ts';
export type { KnowledgeConformanceCase, KnowledgeConformanceSubject } from './conformance-case.ts';
export { knowledgeConformanceCases } from './knowledge-conformance.ts';
export type { QdrantStandIn } from './qdrant-stand-in.ts';
export { startQdrantStandIn } from './qdrant-stand-in.ts';
