import MiniSearch from 'minisearch';
import type { KnowledgeStatistics, PassageFilter } from '../knowledge-base.ts';
import type {
  Candidate,
  CandidateRequest,
  PassageStore,
  StoredDocument,
  StoredPassage,
  TermLookup,
  WeightedTerm,
} from '../passage-store.ts';
import { fuseRanks } from '../retrieval/fuse-ranks.ts';
import { readIndexFile, writeIndexFile } from './index-file.ts';
import { Vocabulary } from './vocabulary.ts';

/** A passage in memory. */
interface Entry {
  readonly id: number;
  readonly document: StoredDocument;
  readonly passage: StoredPassage;
  /** Terms as MiniSearch takes them. */
  readonly terms: string;
}

/** Passages in this process's memory, kept in one file where there is a path. */
export class LocalPassageStore implements PassageStore {
  readonly #path: string | undefined;
  readonly #documents = new Map<
    string,
    { readonly document: StoredDocument; readonly entries: readonly Entry[] }
  >();
  readonly #entries = new Map<number, Entry>();
  readonly #index = new MiniSearch<Entry>({
    fields: ['terms'],
    tokenize: (text) => text.split(' '),
    processTerm: (term) => term,
  });
  readonly #vocabulary = new Vocabulary();
  #nextId = 0;
  #hasChanged = false;

  constructor(path: string | undefined) {
    this.#path = path;
  }

  async prepare(): Promise<void> {
    if (this.#path === undefined) return;
    try {
      for await (const document of readIndexFile(this.#path)) this.#insert(document);
    } catch (error) {
      // A second attempt must not find half of the first.
      for (const id of [...this.#documents.keys()]) this.#delete(id);
      throw error;
    }
  }

  async contentHashes(documentIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return new Map(
      documentIds.flatMap((id) => {
        const known = this.#documents.get(id);
        return known ? [[id, known.document.contentHash] as const] : [];
      }),
    );
  }

  async embeddings(passageHashes: readonly string[]): Promise<ReadonlyMap<string, Float32Array>> {
    const wanted = new Set(passageHashes);
    const found = new Map<string, Float32Array>();
    for (const { passage } of this.#entries.values()) {
      if (passage.embedding && wanted.has(passage.hash)) found.set(passage.hash, passage.embedding);
    }
    return found;
  }

  async write(documents: readonly StoredDocument[]): Promise<void> {
    for (const document of documents) {
      this.#delete(document.id);
      this.#insert(document);
    }
    this.#hasChanged = true;
  }

  async remove(documentIds: readonly string[]): Promise<number> {
    const removed = documentIds.filter((id) => this.#delete(id)).length;
    this.#hasChanged ||= removed > 0;
    return removed;
  }

  async flush(): Promise<void> {
    if (this.#path === undefined || !this.#hasChanged) return;
    await writeIndexFile(this.#path, this.#allDocuments());
    this.#hasChanged = false;
  }

  async documentIds(prefix: string): Promise<string[]> {
    return [...this.#documents.keys()].filter((id) => id.startsWith(prefix));
  }

  async statistics(): Promise<KnowledgeStatistics> {
    return { documents: this.#documents.size, passages: this.#entries.size };
  }

  async lookUp(terms: readonly string[]): Promise<TermLookup> {
    return {
      totalPassages: this.#entries.size,
      terms: terms.map((term) => this.#vocabulary.lookUp(term)),
    };
  }

  async candidates(request: CandidateRequest): Promise<readonly Candidate[]> {
    const { embedding, limit } = request;
    const passes = filterOf(request.filter);
    const byWords = this.#findByWords(request.terms, passes, limit);
    if (!embedding) return byWords.map((entry) => toCandidate(entry));
    const byMeaning = this.#findByMeaning(embedding, passes, limit);
    const similarities = new Map(byMeaning.map(({ entry, similarity }) => [entry, similarity]));
    return fuseRanks([byWords, byMeaning.map(({ entry }) => entry)])
      .slice(0, limit)
      .map((entry) => toCandidate(entry, similarities.get(entry)));
  }

  async close(): Promise<void> {
    this.#documents.clear();
    this.#entries.clear();
    this.#index.removeAll();
  }

  #findByWords(
    terms: readonly WeightedTerm[],
    passes: (document: StoredDocument) => boolean,
    limit: number,
  ): Entry[] {
    const boosts = new Map<string, number>();
    for (const { variants, weight } of terms) {
      for (const { term, likeness } of variants) {
        boosts.set(term, Math.max(boosts.get(term) ?? 0, weight * likeness));
      }
    }
    if (boosts.size === 0) return [];
    return this.#index
      .search([...boosts.keys()].join(' '), {
        boostTerm: (term) => boosts.get(term) ?? 1,
        filter: ({ id }) => passes(this.#entries.get(id as number)!.document),
      })
      .slice(0, limit)
      .map(({ id }) => this.#entries.get(id as number)!);
  }

  #findByMeaning(
    { model, vector }: NonNullable<CandidateRequest['embedding']>,
    passes: (document: StoredDocument) => boolean,
    limit: number,
  ): { readonly entry: Entry; readonly similarity: number }[] {
    const found: { readonly entry: Entry; readonly similarity: number }[] = [];
    for (const entry of this.#entries.values()) {
      const { embedding } = entry.passage;
      if (!embedding || entry.document.embeddingModel !== model) continue;
      if (!passes(entry.document)) continue;
      let similarity = 0;
      for (let i = 0; i < vector.length; i++) similarity += vector[i]! * embedding[i]!;
      if (similarity > 0) found.push({ entry, similarity });
    }
    return found.sort((left, right) => right.similarity - left.similarity).slice(0, limit);
  }

  #insert(document: StoredDocument): void {
    const entries = document.passages.map((passage): Entry => ({
      id: this.#nextId++,
      document,
      passage,
      terms: passage.terms.join(' '),
    }));
    this.#documents.set(document.id, { document, entries });
    for (const entry of entries) {
      this.#entries.set(entry.id, entry);
      this.#index.add(entry);
      this.#vocabulary.add(entry.passage.terms);
    }
  }

  #delete(documentId: string): boolean {
    const known = this.#documents.get(documentId);
    if (!known) return false;
    for (const entry of known.entries) {
      this.#index.remove(entry);
      this.#entries.delete(entry.id);
      this.#vocabulary.remove(entry.passage.terms);
    }
    return this.#documents.delete(documentId);
  }

  *#allDocuments(): Generator<StoredDocument, void, undefined> {
    for (const { document } of this.#documents.values()) yield document;
  }
}

function filterOf({ documentIds, metadata }: PassageFilter): (document: StoredDocument) => boolean {
  const ids = documentIds && new Set(documentIds);
  const wanted = Object.entries(metadata ?? {});
  return (document) =>
    (!ids || ids.has(document.id)) &&
    wanted.every(([name, value]) => document.metadata[name] === value);
}

function toCandidate({ document, passage }: Entry, similarity?: number): Candidate {
  const { id, title, source, metadata } = document;
  const { headings, text, position } = passage;
  return { documentId: id, title, source, metadata, headings, text, position, similarity };
}
