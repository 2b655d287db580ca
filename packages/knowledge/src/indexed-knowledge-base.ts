import { createHash } from 'node:crypto';
import type { Logger } from '@phone-agents/core';
import { silentLogger } from '@phone-agents/core';
import type { EmbeddingModel } from 'ai';
import type { ChunkingOptions, ChunkingSettings } from './chunking/chunk-document.ts';
import { chunkDocument, resolveChunking } from './chunking/chunk-document.ts';
import { cleanDocument } from './documents/clean-document.ts';
import { Embedder } from './embedding/embedder.ts';
import { KnowledgeError, errorCode } from './errors.ts';
import type {
  AddOptions,
  AddReport,
  KnowledgeBase,
  KnowledgeDocument,
  KnowledgePassage,
  KnowledgeStatistics,
  SearchOptions,
} from './knowledge-base.ts';
import type { PassageStore, StoredDocument, StoredPassage } from './passage-store.ts';
import { weighQuery } from './retrieval/query.ts';
import { rankCandidates } from './retrieval/rank-candidates.ts';
import { SimilarityFloor } from './retrieval/similarity-floor.ts';
import { termsOf } from './text/terms.ts';
import { wholeText } from './whole-text.ts';

/** A change of what is stored for the same document; raises all content hashes. */
const FORMAT_VERSION = 1;
/** Documents are written in batches of about so many passages. */
const BATCH_PASSAGES = 128;
const CANDIDATES = 40;
const HIGHEST_LIMIT = 50;
const DEFAULT_LIMIT = 3;

/** What every backend can be given. */
export interface KnowledgeBaseOptions {
  /**
   * A model of the AI SDK's that embeds passages and questions, for search by meaning. Without one,
   * search is by words alone.
   */
  readonly embeddingModel?: EmbeddingModel | undefined;
  readonly chunking?: ChunkingOptions | undefined;
  /** Told where search has to do without the embedding model; default silent. */
  readonly logger?: Logger | undefined;
}

/** A document that is to be written, and how many of its passages were embedded for it. */
interface PreparedDocument {
  readonly document: StoredDocument;
  readonly isNew: boolean;
}

/**
 * A knowledge base over any store of passages: the way to write a backend of your own.
 *
 * @throws RangeError where the chunking makes no sense.
 */
export function createKnowledgeBase(
  store: PassageStore,
  options: KnowledgeBaseOptions = {},
): KnowledgeBase {
  return new IndexedKnowledgeBase(store, options);
}

class IndexedKnowledgeBase implements KnowledgeBase {
  readonly retrieval: 'lexical' | 'hybrid';
  readonly #store: PassageStore;
  readonly #chunking: ChunkingSettings;
  readonly #embedder: Embedder | undefined;
  readonly #logger: Logger;
  readonly #similarityFloor = new SimilarityFloor((questions) => this.#nearest(questions));
  #prepared: Promise<void> | undefined;
  #closed: Promise<void> | undefined;
  /** The last of the writes, which come one after the other. */
  #writing: Promise<unknown> = Promise.resolve();

  constructor(store: PassageStore, options: KnowledgeBaseOptions) {
    this.#store = store;
    this.#chunking = resolveChunking(options.chunking);
    this.#embedder =
      options.embeddingModel === undefined ? undefined : new Embedder(options.embeddingModel);
    this.#logger = options.logger ?? silentLogger;
    this.retrieval = this.#embedder ? 'hybrid' : 'lexical';
  }

  prepare(): Promise<void> {
    if (this.#closed) return Promise.reject(closedError());
    this.#prepared ??= this.#store.prepare().catch((error: unknown) => {
      // What was down may be up the next time.
      this.#prepared = undefined;
      throw error;
    });
    return this.#prepared;
  }

  add(
    documents: Iterable<KnowledgeDocument> | AsyncIterable<KnowledgeDocument>,
    options: AddOptions = {},
  ): Promise<AddReport> {
    return this.#write(() => this.#add(documents, options));
  }

  remove(documentIds: readonly string[]): Promise<number> {
    return this.#write(() => this.#store.remove(documentIds));
  }

  async documentIds(prefix = ''): Promise<string[]> {
    await this.prepare();
    return this.#store.documentIds(prefix);
  }

  async statistics(): Promise<KnowledgeStatistics> {
    await this.prepare();
    return this.#store.statistics();
  }

  async search(query: string, options: SearchOptions = {}): Promise<KnowledgePassage[]> {
    const { limit = DEFAULT_LIMIT, filter = {}, minimumScore = 0, signal } = options;
    if (!(Number.isInteger(limit) && limit >= 1 && limit <= HIGHEST_LIMIT)) {
      throw new RangeError(`limit must be a whole number from 1 to ${HIGHEST_LIMIT}.`);
    }
    signal?.throwIfAborted();
    await this.prepare();
    const [weighed, vector, floor] = await Promise.all([
      weighQuery(query, options.recentTurns ?? [], this.#store),
      this.#embedQuery(query, signal),
      this.#embedder ? this.#similarityFloor.get() : 0,
    ]);
    signal?.throwIfAborted();
    if (weighed.own.length === 0 && !vector) return [];
    const candidates = await this.#store.candidates({
      terms: [...weighed.own, ...weighed.recent],
      embedding: vector && { model: this.#embedder!.id, vector },
      limit: Math.max(CANDIDATES, limit * 2),
      filter,
      signal,
    });
    signal?.throwIfAborted();
    return rankCandidates(candidates, weighed, vector && { floor })
      .filter(({ score }) => score > 0 && score >= minimumScore)
      .slice(0, limit);
  }

  close(): Promise<void> {
    this.#closed ??= (async () => {
      await this.#writing.catch(() => {});
      await this.#prepared?.catch(() => {});
      await this.#store.close();
    })();
    return this.#closed;
  }

  /** A question is answered by words alone where the model does not answer: a call cannot wait. */
  async #embedQuery(query: string, signal?: AbortSignal): Promise<Float32Array | undefined> {
    if (!this.#embedder || query.trim() === '') return undefined;
    try {
      return (await this.#embedder.embedQueries([query], signal))[0];
    } catch (error) {
      signal?.throwIfAborted();
      this.#logger.warn(
        { code: errorCode(error) },
        'The embedding model failed; searching by words alone',
      );
      return undefined;
    }
  }

  /** Similarities of the passages that are nearest to some questions. */
  async #nearest(questions: readonly string[]): Promise<number[]> {
    const embedder = this.#embedder!;
    const vectors = await embedder.embedQueries(questions);
    return Promise.all(
      vectors.map(async (vector) => {
        const embedding = { model: embedder.id, vector };
        const request = { terms: [], embedding, limit: 1, filter: {} };
        return (await this.#store.candidates(request))[0]?.similarity ?? 0;
      }),
    );
  }

  /** Runs what writes, behind what is being written, and makes it last. */
  #write<Result>(run: () => Promise<Result>): Promise<Result> {
    const result = this.#writing
      .catch(() => {})
      .then(async () => {
        await this.prepare();
        try {
          return await run();
        } finally {
          this.#similarityFloor.reset();
          await this.#store.flush();
        }
      });
    this.#writing = result;
    return result;
  }

  async #add(
    documents: Iterable<KnowledgeDocument> | AsyncIterable<KnowledgeDocument>,
    { onProgress, signal }: AddOptions,
  ): Promise<AddReport> {
    const report = {
      added: 0,
      updated: 0,
      unchanged: 0,
      empty: [] as string[],
      passages: 0,
      embedded: 0,
    };
    let done = 0;
    let batch: PreparedDocument[] = [];
    const progress = (documentId: string): void => {
      done++;
      onProgress?.({ documents: done, passages: report.passages, documentId });
    };
    const writeBatch = async (): Promise<void> => {
      signal?.throwIfAborted();
      const { documents: embedded, asked } = await this.#embedAll(batch, signal);
      await this.#store.write(embedded);
      report.embedded += asked;
      for (const { document, isNew } of batch) {
        report[isNew ? 'added' : 'updated']++;
        report.passages += document.passages.length;
        progress(document.id);
      }
      batch = [];
    };
    for await (const given of documents) {
      signal?.throwIfAborted();
      const document = cleanDocument(given);
      // The same id twice in one batch would count as new twice.
      if (batch.some((waiting) => waiting.document.id === document.id)) await writeBatch();
      const contentHash = this.#hashOf(document);
      const known = (await this.#store.contentHashes([document.id])).get(document.id);
      if (known === contentHash) {
        report.unchanged++;
        progress(document.id);
        continue;
      }
      const passages = this.#passagesOf(document);
      if (passages.length === 0) {
        report.empty.push(document.id);
        if (known !== undefined) await this.#store.remove([document.id]);
        progress(document.id);
        continue;
      }
      const { id, title, source = id, metadata = {} } = document;
      const embeddingModel = this.#embedder?.id;
      batch.push({
        document: { id, title, source, metadata, contentHash, embeddingModel, passages },
        isNew: known === undefined,
      });
      if (
        batch.reduce((sum, waiting) => sum + waiting.document.passages.length, 0) >= BATCH_PASSAGES
      ) {
        await writeBatch();
      }
    }
    if (batch.length > 0) await writeBatch();
    return report;
  }

  #hashOf({ id, title, source = id, metadata = {}, content }: KnowledgeDocument): string {
    const everything = [
      FORMAT_VERSION,
      this.#embedder?.id ?? '',
      this.#chunking,
      title,
      source,
      Object.entries(metadata).sort(([left], [right]) => (left < right ? -1 : 1)),
      content,
    ];
    return createHash('sha256').update(JSON.stringify(everything)).digest('hex');
  }

  #passagesOf(document: KnowledgeDocument): StoredPassage[] {
    return chunkDocument(document, this.#chunking).map((chunk): StoredPassage => {
      const whole = wholeText(document.title, chunk);
      const hash = this.#embedder?.hash(whole) ?? createHash('sha256').update(whole).digest('hex');
      return { ...chunk, terms: termsOf(whole), hash };
    });
  }

  /** Gives passages their vectors: those that are stored already, and for the others the model's. */
  async #embedAll(
    batch: readonly PreparedDocument[],
    signal?: AbortSignal,
  ): Promise<{ readonly documents: StoredDocument[]; readonly asked: number }> {
    const documents = batch.map(({ document }) => document);
    const embedder = this.#embedder;
    if (!embedder) return { documents, asked: 0 };
    const texts = new Map<string, string>();
    for (const { title, passages } of documents) {
      for (const passage of passages) texts.set(passage.hash, wholeText(title, passage));
    }
    const vectors = new Map(await this.#store.embeddings([...texts.keys()]));
    const missing = [...texts].filter(([hash]) => !vectors.has(hash));
    const made = await embedder.embed(
      missing.map(([, text]) => text),
      signal,
    );
    for (const [index, [hash]] of missing.entries()) vectors.set(hash, made[index]!);
    return {
      documents: documents.map((document) => ({
        ...document,
        passages: document.passages.map((passage) => ({
          ...passage,
          embedding: vectors.get(passage.hash),
        })),
      })),
      asked: missing.length,
    };
  }
}

function closedError(): KnowledgeError {
  return new KnowledgeError('knowledge_closed', 'The knowledge base has been closed.');
}
