import { createHash } from 'node:crypto';
import type { Schemas } from '@qdrant/js-client-rest';
import type { MetadataValue, PassageFilter, PassagePosition } from '../knowledge-base.ts';
import type { Candidate, StoredDocument, WeightedTerm } from '../passage-store.ts';
import { soundTermOf } from '../text/terms.ts';

/** Name of the sparse vector: one dimension for each term and each sound. */
export const WORDS = 'words';
/** Name of the dense vector of the embedding model. */
export const MEANING = 'meaning';

/** What Qdrant keeps beside the vectors of a passage. */
export interface PassagePayload {
  readonly document_id: string;
  /** The document's id and content: other versions of it are replaced. */
  readonly version: string;
  readonly content_hash: string;
  readonly embedding_model: string | null;
  /** True until all passages of the document are there; such passages are not found. */
  readonly pending?: true;
  readonly title: string;
  readonly source: string;
  readonly metadata: Readonly<Record<string, MetadataValue>>;
  /** Metadata as texts to filter by, whatever its names are. */
  readonly tags: readonly string[];
  readonly headings: readonly string[];
  readonly text: string;
  readonly index: number;
  readonly position: PassagePosition;
  readonly hash: string;
  /** Distinct terms and sounds, to be counted. */
  readonly terms: readonly string[];
}

/** Fields that are filtered by, with their kinds. */
export const PAYLOAD_INDEXES = {
  document_id: 'keyword',
  version: 'keyword',
  embedding_model: 'keyword',
  tags: 'keyword',
  hash: 'keyword',
  terms: 'keyword',
  index: 'integer',
  pending: 'bool',
} as const;

export function versionOf({ id, contentHash }: StoredDocument): string {
  return createHash('sha256').update(`${id}\0${contentHash}`).digest('hex');
}

/** A document's passages as points, pending. */
export function pointsOf(document: StoredDocument): Schemas['PointStruct'][] {
  const { id, title, source, metadata, contentHash, embeddingModel = null } = document;
  const version = versionOf(document);
  return document.passages.map(({ text, headings, position, hash, terms, embedding }) => {
    const distinct = new Set(terms);
    for (const term of terms) distinct.add(soundTermOf(term));
    distinct.delete('');
    const payload: PassagePayload = {
      document_id: id,
      version,
      content_hash: contentHash,
      embedding_model: embeddingModel,
      pending: true,
      title,
      source,
      metadata,
      tags: Object.entries(metadata).map(tagOf),
      headings,
      text,
      index: position.index,
      position,
      hash,
      terms: [...distinct],
    };
    return {
      id: uuidOf(`${version}\0${position.index}`),
      vector: {
        [WORDS]: sparse(new Map([...distinct].map((term) => [term, 1]))),
        ...(embedding && { [MEANING]: [...embedding] }),
      },
      payload: { ...payload },
    };
  });
}

/** The sparse vector of a query: each term's weight, less for what only sounds alike. */
export function queryVectorOf(terms: readonly WeightedTerm[]): Schemas['SparseVector'] {
  const weights = new Map<string, number>();
  for (const { variants, weight } of terms) {
    for (const { term, likeness } of variants) {
      weights.set(term, Math.max(weights.get(term) ?? 0, weight * likeness));
    }
  }
  return sparse(weights);
}

/** Conditions of a filter, with that of passages that may be found at all. */
export function conditionsOf(
  { documentIds, metadata }: PassageFilter,
  ...others: readonly Schemas['Condition'][]
): Schemas['Filter'] {
  return {
    must: [
      ...others,
      ...(documentIds ? [{ key: 'document_id', match: { any: [...documentIds] } }] : []),
      ...Object.entries(metadata ?? {}).map((entry) => ({
        key: 'tags',
        match: { value: tagOf(entry) },
      })),
    ],
    must_not: [{ key: 'pending', match: { value: true } }],
  };
}

export function toCandidate(payload: PassagePayload, similarity?: number): Candidate {
  const { document_id: documentId, title, source, metadata, headings, text, position } = payload;
  return {
    documentId,
    title,
    source,
    metadata,
    headings,
    text,
    position,
    ...(similarity !== undefined && { similarity }),
  };
}

function tagOf([name, value]: readonly [string, MetadataValue]): string {
  return JSON.stringify([name, value]);
}

/** Terms become dimensions by a hash of 32 bits; two of 50,000 share one now and then. */
function sparse(weights: ReadonlyMap<string, number>): Schemas['SparseVector'] {
  const dimensions = new Map<number, number>();
  for (const [term, weight] of weights) {
    const dimension = createHash('sha256').update(term).digest().readUInt32BE(0);
    dimensions.set(dimension, Math.max(dimensions.get(dimension) ?? 0, weight));
  }
  return { indices: [...dimensions.keys()], values: [...dimensions.values()] };
}

/** Qdrant's ids are numbers or UUIDs. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20, 32),
  ].join('-');
}
