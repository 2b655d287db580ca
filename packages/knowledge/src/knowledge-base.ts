/** A value by which passages can be filtered. */
export type MetadataValue = string | number | boolean;

/** A part of a document under one heading, or one page of it. */
export interface DocumentSection {
  /** The headings above, outermost first, without the document's title. */
  readonly headings: readonly string[];
  /** A line break ends a sentence; an empty line ends a paragraph. */
  readonly text: string;
  /** Line of the file on which the text begins, from 1. */
  readonly line?: number | undefined;
  /** Page of the document on which the text begins, from 1. */
  readonly page?: number | undefined;
}

/** Something to be searched: a file, a page, a record. */
export interface KnowledgeDocument {
  /** Names the document for good: adding another with the same id replaces it. */
  readonly id: string;
  readonly title: string;
  /** Where it comes from, as it is to be shown; default: the id. */
  readonly source?: string | undefined;
  readonly content: string | readonly DocumentSection[];
  /** For filters. Short values: they are stored with every passage. */
  readonly metadata?: Readonly<Record<string, MetadataValue>> | undefined;
}

/** Where a passage stands in its document. */
export interface PassagePosition {
  /** Counts the document's passages, from 0. */
  readonly index: number;
  readonly line?: number | undefined;
  readonly page?: number | undefined;
}

/** A piece of a document that was found. */
export interface KnowledgePassage {
  readonly documentId: string;
  readonly title: string;
  readonly source: string;
  /** The headings above the text, outermost first. */
  readonly headings: readonly string[];
  readonly text: string;
  readonly position: PassagePosition;
  readonly metadata: Readonly<Record<string, MetadataValue>>;
  /**
   * How well it fits, 0 to 1. From words: the share of the question's words, weighted by how rare
   * they are, that the passage has; a word that only sounds or looks like it counts less, and so does
   * one that any question may have (`good`, `tomorrow`). At most 0.4 where all that it has of them is so
   * common in the documents that it proves nothing, unless it stands in a heading. From meaning: the
   * cosine similarity; at most 0.4 where it is hardly more than that of questions about something else
   * altogether. With an embedding model it is the larger of the two. The order also weighs what the
   * score leaves out (earlier turns, length, with an embedding model the ranks in both lists), so that a
   * later passage can have a higher score.
   */
  readonly score: number;
}

/** Which passages may be found: those that pass everything that is given. */
export interface PassageFilter {
  readonly documentIds?: readonly string[] | undefined;
  /** Each must be the same in the document's metadata. */
  readonly metadata?: Readonly<Record<string, MetadataValue>> | undefined;
}

/** How passages are searched for; all have defaults. */
export interface SearchOptions {
  /** Most passages to give, 1 to 50; default 3. */
  readonly limit?: number | undefined;
  readonly filter?: PassageFilter | undefined;
  /**
   * What the caller said before, oldest first. Where the query has words of its own, those of earlier
   * turns only decide between passages that fit it; where it has none ("and how much is that?"), they
   * are searched for instead.
   */
  readonly recentTurns?: readonly string[] | undefined;
  /** Passages with a lower score are left out; default 0: all that have any word of the query. */
  readonly minimumScore?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How far an import has come. */
export interface AddProgress {
  /** Documents done, whether written or unchanged. */
  readonly documents: number;
  readonly passages: number;
  /** The document that was last done. */
  readonly documentId: string;
}

/** How documents are added. */
export interface AddOptions {
  readonly onProgress?: ((progress: AddProgress) => void) | undefined;
  /** Stops between two batches; what was written by then stays, whole documents only. */
  readonly signal?: AbortSignal | undefined;
}

/** What `add` did, in documents; and in passages. */
export interface AddReport {
  readonly added: number;
  readonly updated: number;
  /** Were there with the same content. */
  readonly unchanged: number;
  /** Had no text: they are not stored, and what was stored under their id is removed. */
  readonly empty: readonly string[];
  /** Passages written. */
  readonly passages: number;
  /** Of these, passages for which the embedding model was asked; the others' vectors were there. */
  readonly embedded: number;
}

/** How much a knowledge base holds. */
export interface KnowledgeStatistics {
  readonly documents: number;
  readonly passages: number;
}

/**
 * Documents in, passages out. Every backend passes the cases of `@phone-agents/knowledge/testing`.
 *
 * Nothing is opened before it is first used; `prepare` does it beforehand. All methods throw
 * `KnowledgeError`.
 */
export interface KnowledgeBase {
  /** `lexical`: by words alone. `hybrid`: by words and, through an embedding model, by meaning. */
  readonly retrieval: 'lexical' | 'hybrid';
  /** Opens what is behind it: reads the file, connects, migrates. */
  prepare(): Promise<void>;
  /**
   * Adds documents, and replaces those with the same id whose content is another. Documents may come
   * one by one; a few are held at a time. A document is stored whole or not at all.
   */
  add(
    documents: Iterable<KnowledgeDocument> | AsyncIterable<KnowledgeDocument>,
    options?: AddOptions,
  ): Promise<AddReport>;
  /** Removes documents; returns how many there were. */
  remove(documentIds: readonly string[]): Promise<number>;
  /** Ids of all documents, or of those whose id begins with `prefix`. */
  documentIds(prefix?: string): Promise<string[]>;
  /** The passages that fit best, best first. */
  search(query: string, options?: SearchOptions): Promise<KnowledgePassage[]>;
  statistics(): Promise<KnowledgeStatistics>;
  /** Frees what it holds; safe to call twice. */
  close(): Promise<void>;
}
