export type {
  HashedEmbeddingModel,
  HashedEmbeddingModelOptions,
} from './hashed-embedding-model.ts';
export { createHashedEmbeddingModel } from './hashed-embedding-model.ts';
export type { KnowledgeConformanceCase, KnowledgeConformanceSubject } from './conformance-case.ts';
export { knowledgeConformanceCases } from './knowledge-conformance.ts';
