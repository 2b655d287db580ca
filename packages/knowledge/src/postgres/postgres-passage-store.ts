import { KnowledgeError } from '../errors.ts';
import type { KnowledgeStatistics, MetadataValue } from '../knowledge-base.ts';
import type {
  Candidate,
  CandidateRequest,
  PassageStore,
  StoredDocument,
  TermLookup,
} from '../passage-store.ts';
import { soundOf } from '../text/terms.ts';
import { statisticsOf } from '../text/term-statistics.ts';
import { unavailable } from './database-error.ts';
import { migrate, quoteName } from './migrations.ts';
import type { PostgresClient, PostgresQuery } from './postgres-client.ts';
import type { SqlNames } from './search-sql.ts';
import { candidatesStatement, lookUpStatement } from './search-sql.ts';
import { parseVector } from './vector-literal.ts';
import { deleteDocuments, insertDocuments } from './write-documents.ts';

/** Longer vectors cannot be indexed by pgvector, and are searched one by one. */
const MOST_INDEXED_DIMENSIONS = 2_000;

export interface PostgresPassageStoreOptions {
  readonly open: () => Promise<PostgresClient>;
  readonly schema: string;
  readonly withVectors: boolean;
}

/** A row of {@link candidatesStatement}. */
interface CandidateRow {
  readonly document_id: string;
  readonly title: string;
  readonly source: string;
  readonly metadata: Readonly<Record<string, MetadataValue>>;
  readonly headings: readonly string[];
  readonly text: string;
  readonly index: number;
  readonly line: number | null;
  readonly page: number | null;
  readonly similarity: number | null;
}

/** Passages in tables of PostgreSQL. */
export class PostgresPassageStore implements PassageStore {
  readonly #options: PostgresPassageStoreOptions;
  #opened: { readonly client: PostgresClient; readonly names: SqlNames } | undefined;
  readonly #indexedDimensions = new Set<number>();

  constructor(options: PostgresPassageStoreOptions) {
    this.#options = options;
  }

  async prepare(): Promise<void> {
    const { open, schema, withVectors } = this.#options;
    let client: PostgresClient | undefined;
    try {
      client = await open();
      const extensions = await migrate(client, { schema, withVectors });
      const names = {
        schema: quoteName(schema),
        trgm: extensions.trgm,
        vector: withVectors ? extensions.vector : undefined,
      };
      this.#opened = { client, names };
    } catch (error) {
      await client?.close().catch(() => {});
      throw unavailable(error);
    }
  }

  contentHashes(documentIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return this.#run(async ({ client, names }) => {
      const rows = await client.query<{ id: string; content_hash: string }>(
        `select id, content_hash from ${names.schema}.documents where id = any($1::text[])`,
        [documentIds],
      );
      return new Map(rows.map((row) => [row.id, row.content_hash]));
    });
  }

  embeddings(passageHashes: readonly string[]): Promise<ReadonlyMap<string, Float32Array>> {
    return this.#run(async ({ client, names }) => {
      if (names.vector === undefined) return new Map();
      const rows = await client.query<{ hash: string; embedding: string }>(
        `select distinct on (hash) hash, embedding::text from ${names.schema}.passages
         where hash = any($1::text[]) and embedding is not null`,
        [passageHashes],
      );
      return new Map(rows.map(({ hash, embedding }) => [hash, parseVector(embedding)]));
    });
  }

  write(documents: readonly StoredDocument[]): Promise<void> {
    return this.#run(async ({ client, names }) => {
      await this.#change(client, async (transaction) => {
        await deleteDocuments(
          transaction,
          names,
          documents.map(({ id }) => id),
        );
        await insertDocuments(transaction, names, documents);
      });
      const dimensions = documents[0]?.passages[0]?.embedding?.length;
      if (dimensions !== undefined) await this.#indexVectors(client, names, dimensions);
    });
  }

  remove(documentIds: readonly string[]): Promise<number> {
    return this.#run(({ client, names }) =>
      this.#change(client, (transaction) => deleteDocuments(transaction, names, documentIds)),
    );
  }

  async flush(): Promise<void> {
    // Every transaction has been committed.
  }

  documentIds(prefix: string): Promise<string[]> {
    return this.#run(async ({ client, names }) => {
      const rows = await client.query<{ id: string }>(
        `select id from ${names.schema}.documents where starts_with(id, $1)`,
        [prefix],
      );
      return rows.map(({ id }) => id);
    });
  }

  statistics(): Promise<KnowledgeStatistics> {
    return this.#run(async ({ client, names }) => {
      const [row] = await client.query<KnowledgeStatistics>(
        `select (select count(*) from ${names.schema}.documents)::float8 as documents,
          (select count(*) from ${names.schema}.passages)::float8 as passages`,
      );
      return row!;
    });
  }

  lookUp(terms: readonly string[]): Promise<TermLookup> {
    return this.#run(async ({ client, names }) => {
      const { sql, parameters } = lookUpStatement(names, terms, terms.map(soundOf));
      const rows = await client.query<{ asked: string; term: string; passages: number }>(
        sql,
        parameters,
      );
      const passages = new Map(rows.map((row) => [row.term, row.passages]));
      return {
        totalPassages: passages.get('') ?? 0,
        terms: terms.map((asked) =>
          statisticsOf(
            asked,
            rows.filter((row) => row.asked === asked).map(({ term }) => term),
            (term) => passages.get(term) ?? 0,
          ),
        ),
      };
    });
  }

  candidates(request: CandidateRequest): Promise<readonly Candidate[]> {
    return this.#run(async ({ client, names }) => {
      const { sql, parameters } = candidatesStatement(names, request);
      const rows = await client.query<CandidateRow>(sql, parameters);
      return rows.map(toCandidate);
    });
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    await opened?.client.close();
  }

  async #run<Result>(
    use: (opened: { readonly client: PostgresClient; readonly names: SqlNames }) => Promise<Result>,
  ): Promise<Result> {
    if (!this.#opened) {
      throw new KnowledgeError('knowledge_closed', 'The knowledge base has been closed.');
    }
    try {
      return await use(this.#opened);
    } catch (error) {
      throw unavailable(error);
    }
  }

  /** Changes happen one after the other, whichever process makes them: they count terms. */
  #change<Result>(
    client: PostgresClient,
    run: (transaction: PostgresQuery) => Promise<Result>,
  ): Promise<Result> {
    return client.transaction(async (transaction) => {
      await transaction.query('select pg_advisory_xact_lock(hashtext($1))', [this.#options.schema]);
      return run(transaction);
    });
  }

  /** An index over the vectors of one length, made when the first of them have been written. */
  async #indexVectors(
    client: PostgresClient,
    { schema, vector }: SqlNames,
    dimensions: number,
  ): Promise<void> {
    if (dimensions > MOST_INDEXED_DIMENSIONS || this.#indexedDimensions.has(dimensions)) return;
    await client.query(
      `create index if not exists passages_embedding_${dimensions} on ${schema}.passages
       using hnsw ((embedding::${vector}.vector(${dimensions})) ${vector}.vector_cosine_ops)
       where ${vector}.vector_dims(embedding) = ${dimensions}`,
    );
    this.#indexedDimensions.add(dimensions);
  }
}

function toCandidate(row: CandidateRow): Candidate {
  const { document_id: documentId, title, source, metadata, headings, text, index } = row;
  return {
    documentId,
    title,
    source,
    metadata,
    headings,
    text,
    position: {
      index,
      ...(row.line !== null && { line: row.line }),
      ...(row.page !== null && { page: row.page }),
    },
    ...(row.similarity !== null && { similarity: row.similarity }),
  };
}
