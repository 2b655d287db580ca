import type {
  KnowledgeStatistics,
  MetadataValue,
  PassageFilter,
  PassagePosition,
} from './knowledge-base.ts';

/** A passage as backends keep it. */
export interface StoredPassage {
  readonly text: string;
  readonly headings: readonly string[];
  readonly position: PassagePosition;
  /** Terms of title, headings and text, in order and with repetitions. */
  readonly terms: readonly string[];
  /** SHA-256 of what is embedded, in hexadecimal: the same hash has the same vector. */
  readonly hash: string;
  /** Of length 1; absent where there is no embedding model. */
  readonly embedding?: Float32Array | undefined;
}

/** A document as backends keep it. */
export interface StoredDocument {
  readonly id: string;
  readonly title: string;
  readonly source: string;
  readonly metadata: Readonly<Record<string, MetadataValue>>;
  /** Changes with anything that would change what is stored. */
  readonly contentHash: string;
  /** The model that made the passages' vectors: those of others are not compared with them. */
  readonly embeddingModel?: string | undefined;
  readonly passages: readonly StoredPassage[];
}

/** A term that may stand for one that was asked for. */
export interface TermVariant {
  /** A term of the index; or `~` and a sound, for all terms that sound so. */
  readonly term: string;
  /** 1 for the same term, less for one that only sounds or looks like it. */
  readonly likeness: number;
}

/** What a backend knows of one term that was asked for. */
export interface TermStatistics {
  /** Terms of the index that may stand for it; empty where there is none. */
  readonly variants: readonly TermVariant[];
  /** Passages with the most likely variant. */
  readonly passages: number;
}

/** What a backend knows of the terms that were asked for. */
export interface TermLookup {
  /** Passages of the whole index. */
  readonly totalPassages: number;
  /** In the order in which they were asked for. */
  readonly terms: readonly TermStatistics[];
}

/** A term of a query, with its weight and what may stand for it. */
export interface WeightedTerm {
  readonly asked: string;
  readonly variants: readonly TermVariant[];
  readonly weight: number;
}

/** What a store is asked for: terms, a vector, or both. */
export interface CandidateRequest {
  readonly terms: readonly WeightedTerm[];
  /** The query's vector, of length 1; absent where there is no embedding model. */
  readonly embedding?: { readonly model: string; readonly vector: Float32Array } | undefined;
  readonly limit: number;
  readonly filter: PassageFilter;
  readonly signal?: AbortSignal | undefined;
}

/** A passage that may fit. */
export interface Candidate {
  readonly documentId: string;
  readonly title: string;
  readonly source: string;
  readonly metadata: Readonly<Record<string, MetadataValue>>;
  readonly headings: readonly string[];
  readonly text: string;
  readonly position: PassagePosition;
  /** Cosine similarity to the query's vector; absent where it was not found by it. */
  readonly similarity?: number | undefined;
}

/**
 * What a backend implements. Everything that backends have in common (chunking, hashes, embeddings,
 * scores) is done before and after it, so that they differ in storage only.
 *
 * Calls that write come one at a time. Every method may throw `KnowledgeError`.
 */
export interface PassageStore {
  prepare(): Promise<void>;
  /** Content hashes of those of the documents that are there. */
  contentHashes(documentIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Vectors that are stored for passages with these hashes. */
  embeddings(passageHashes: readonly string[]): Promise<ReadonlyMap<string, Float32Array>>;
  /** Writes documents in place of those with the same ids, each whole or not at all. */
  write(documents: readonly StoredDocument[]): Promise<void>;
  remove(documentIds: readonly string[]): Promise<number>;
  /** Makes what was written last; called once behind a series of writes, also where it failed. */
  flush(): Promise<void>;
  documentIds(prefix: string): Promise<string[]>;
  statistics(): Promise<KnowledgeStatistics>;
  /** What is known of each of the terms. */
  lookUp(terms: readonly string[]): Promise<TermLookup>;
  /** Candidates, best first: by their terms' weights, or with a vector by both ranks fused. */
  candidates(request: CandidateRequest): Promise<readonly Candidate[]>;
  close(): Promise<void>;
}
