export type { ExcerptOptions } from './answering/excerpt.ts';
export { excerptFor } from './answering/excerpt.ts';
export type { KnowledgeMiddlewareOptions } from './answering/knowledge-middleware.ts';
export { knowledgeMiddleware } from './answering/knowledge-middleware.ts';
export type {
  KnowledgeRetriever,
  KnowledgeRetrieverOptions,
  Retrieval,
  RetrieveOptions,
} from './answering/knowledge-retriever.ts';
export {
  DEFAULT_MINIMUM_SCORE,
  createKnowledgeRetriever,
} from './answering/knowledge-retriever.ts';
export type { KnowledgeToolResult, KnowledgeTools } from './answering/knowledge-tools.ts';
export { knowledgeTools } from './answering/knowledge-tools.ts';
export { retrievalText } from './answering/retrieval-text.ts';
export type { ChunkingOptions } from './chunking/chunk-document.ts';
export type { LoadFileOptions } from './documents/load-file.ts';
export { callerPhrases } from './documents/caller-phrases.ts';
export { DOCUMENT_EXTENSIONS, loadFile } from './documents/load-file.ts';
export type { LoadFolderOptions, SkippedFile } from './documents/load-folder.ts';
export { loadFolder } from './documents/load-folder.ts';
export type { KnowledgeErrorCode } from './errors.ts';
export { KnowledgeError } from './errors.ts';
export type { ImportFolderOptions, ImportProgress, ImportReport } from './import-folder.ts';
export { importFolder } from './import-folder.ts';
export type { KnowledgeBaseOptions } from './indexed-knowledge-base.ts';
export { createKnowledgeBase } from './indexed-knowledge-base.ts';
export type {
  AddOptions,
  AddProgress,
  AddReport,
  DocumentSection,
  KnowledgeBase,
  KnowledgeDocument,
  KnowledgePassage,
  KnowledgeStatistics,
  MetadataValue,
  PassageFilter,
  PassagePosition,
  SearchOptions,
} from './knowledge-base.ts';
export type {
  Candidate,
  CandidateRequest,
  PassageStore,
  StoredDocument,
  StoredPassage,
  TermLookup,
  TermStatistics,
  TermVariant,
  WeightedTerm,
} from './passage-store.ts';
