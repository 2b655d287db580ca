import type { QdrantClient, Schemas } from '@qdrant/js-client-rest';
import { KnowledgeError } from '../errors.ts';
import type { KnowledgeStatistics } from '../knowledge-base.ts';
import type {
  Candidate,
  CandidateRequest,
  PassageStore,
  StoredDocument,
  TermLookup,
  TermStatistics,
  TermVariant,
} from '../passage-store.ts';
import { fuseRanks } from '../retrieval/fuse-ranks.ts';
import { SOUNDS_ALIKE } from '../text/likeness.ts';
import { soundTermOf } from '../text/terms.ts';
import type { PassagePayload } from './passage-points.ts';
import {
  MEANING,
  PAYLOAD_INDEXES,
  WORDS,
  conditionsOf,
  pointsOf,
  queryVectorOf,
  toCandidate,
  versionOf,
} from './passage-points.ts';
import { unavailable } from './qdrant-error.ts';

/** Points of one request; with 3,000 numbers each that is some 4 MB. */
const POINTS_PER_REQUEST = 64;
const POINTS_PER_PAGE = 1_000;

/** The collection, as it is on the server. */
interface Collection {
  /** Numbers of a passage's vector; 0 where it has none. */
  readonly dimensions: number;
}

/** Passages as points of a Qdrant collection, which is made when the first are written. */
export class QdrantPassageStore implements PassageStore {
  readonly #open: () => Promise<QdrantClient>;
  readonly #name: string;
  #client: QdrantClient | undefined;
  #collection: Collection | undefined;

  constructor(open: () => Promise<QdrantClient>, collection: string) {
    this.#open = open;
    this.#name = collection;
  }

  async prepare(): Promise<void> {
    try {
      const client = await this.#open();
      this.#collection = await this.#readCollection(client);
      this.#client = client;
    } catch (error) {
      throw unavailable(error);
    }
  }

  contentHashes(documentIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return this.#read(new Map(), async (client) => {
      const firsts = await this.#scroll(client, firstPassages(documentIds), {
        with_payload: ['document_id', 'content_hash'],
      });
      return new Map(firsts.map(({ payload }) => [payload.document_id, payload.content_hash]));
    });
  }

  embeddings(passageHashes: readonly string[]): Promise<ReadonlyMap<string, Float32Array>> {
    return this.#read(new Map(), async (client, { dimensions }) => {
      if (dimensions === 0) return new Map<string, Float32Array>();
      const filter = { must: [{ key: 'hash', match: { any: [...passageHashes] } }] };
      const points = await this.#scroll(client, filter, {
        with_payload: ['hash'],
        with_vector: [MEANING],
      });
      return new Map(
        points.flatMap(({ payload, vector }) => {
          const meaning = vector?.[MEANING];
          return Array.isArray(meaning)
            ? [[payload.hash, Float32Array.from(meaning as number[])]]
            : [];
        }),
      );
    });
  }

  async write(documents: readonly StoredDocument[]): Promise<void> {
    try {
      const client = this.#connected();
      await this.#ensureCollection(client, documents[0]?.passages[0]?.embedding?.length ?? 0);
      const points = documents.flatMap(pointsOf);
      for (let from = 0; from < points.length; from += POINTS_PER_REQUEST) {
        await client.upsert(this.#name, {
          wait: true,
          points: points.slice(from, from + POINTS_PER_REQUEST),
        });
      }
      // What is new is found from here on, and what was there before is not, by one request.
      const documentIds = documents.map(({ id }) => id);
      const versions = documents.map(versionOf);
      const isNew = { key: 'version', match: { any: versions } };
      await client.batchUpdate(this.#name, {
        wait: true,
        operations: [
          { delete_payload: { keys: ['pending'], filter: { must: [isNew] } } },
          {
            delete: {
              filter: {
                must: [{ key: 'document_id', match: { any: documentIds } }],
                must_not: [isNew],
              },
            },
          },
        ],
      });
    } catch (error) {
      throw unavailable(error);
    }
  }

  remove(documentIds: readonly string[]): Promise<number> {
    return this.#read(0, async (client) => {
      const { count } = await client.count(this.#name, {
        filter: firstPassages(documentIds),
        exact: true,
      });
      await client.delete(this.#name, {
        wait: true,
        filter: { must: [{ key: 'document_id', match: { any: [...documentIds] } }] },
      });
      return count;
    });
  }

  async flush(): Promise<void> {
    // Every request waited until it was done.
  }

  documentIds(prefix: string): Promise<string[]> {
    return this.#read([], async (client) => {
      const firsts = await this.#scroll(client, firstPassages(undefined), {
        with_payload: ['document_id'],
      });
      return firsts.map(({ payload }) => payload.document_id).filter((id) => id.startsWith(prefix));
    });
  }

  statistics(): Promise<KnowledgeStatistics> {
    return this.#read({ documents: 0, passages: 0 }, async (client) => {
      const [documents, passages] = await Promise.all([
        client.count(this.#name, { filter: firstPassages(undefined), exact: true }),
        client.count(this.#name, { filter: conditionsOf({}), exact: true }),
      ]);
      return { documents: documents.count, passages: passages.count };
    });
  }

  lookUp(terms: readonly string[]): Promise<TermLookup> {
    const unknown = { variants: [], passages: 0 };
    return this.#read({ totalPassages: 0, terms: terms.map(() => unknown) }, async (client) => {
      const count = async (term: string): Promise<number> => {
        if (term === '') return 0;
        const filter = { must: [{ key: 'terms', match: { value: term } }] };
        return (await client.count(this.#name, { filter, exact: false })).count;
      };
      const lookUpOne = async (term: string): Promise<TermStatistics> => {
        const sound = soundTermOf(term);
        const [exact, alike] = await Promise.all([count(term), count(sound)]);
        const variants: TermVariant[] = [];
        if (exact > 0) variants.push({ term, likeness: 1 });
        if (alike > exact) variants.push({ term: sound, likeness: SOUNDS_ALIKE });
        return { variants, passages: exact > 0 ? exact : alike };
      };
      const [{ count: totalPassages }, ...found] = await Promise.all([
        client.count(this.#name, { exact: false }),
        ...terms.map(lookUpOne),
      ]);
      return { totalPassages, terms: found };
    });
  }

  candidates(request: CandidateRequest): Promise<readonly Candidate[]> {
    const { terms, embedding, filter, limit } = request;
    return this.#read([], async (client, { dimensions }) => {
      if (filter.documentIds?.length === 0) return [];
      const conditions = conditionsOf(filter);
      const common = { limit, with_payload: true };
      const words = queryVectorOf(terms);
      const searches: Schemas['QueryRequest'][] = [];
      if (words.indices.length > 0) {
        searches.push({ ...common, query: words, using: WORDS, filter: conditions });
      }
      const byMeaning = embedding?.vector.length === dimensions ? searches.length : undefined;
      if (embedding && byMeaning !== undefined) {
        const isOfModel = { key: 'embedding_model', match: { value: embedding.model } };
        searches.push({
          ...common,
          query: [...embedding.vector],
          using: MEANING,
          filter: conditionsOf(filter, isOfModel),
        });
      }
      if (searches.length === 0) return [];
      const results = await client.queryBatch(this.#name, { searches });
      const points = new Map(
        results.flatMap((list) => list.points).map((point) => [point.id, point]),
      );
      const similarities = new Map(
        (byMeaning === undefined ? [] : (results[byMeaning]?.points ?? [])).map(
          ({ id, score }) => [id, score] as const,
        ),
      );
      return fuseRanks(results.map((list) => list.points.map(({ id }) => id)))
        .slice(0, limit)
        .map((id) =>
          toCandidate(points.get(id)!.payload as unknown as PassagePayload, similarities.get(id)),
        );
    });
  }

  async close(): Promise<void> {
    // The client's sockets end by themselves when they are idle.
    this.#client = undefined;
  }

  #connected(): QdrantClient {
    if (this.#client) return this.#client;
    throw new KnowledgeError('knowledge_closed', 'The knowledge base has been closed.');
  }

  /** Asks the collection, or gives `otherwise` where there is none yet. */
  async #read<Result>(
    otherwise: Result,
    ask: (client: QdrantClient, collection: Collection) => Promise<Result>,
  ): Promise<Result> {
    try {
      const client = this.#connected();
      // Another process may have made it by now.
      this.#collection ??= await this.#readCollection(client);
      return this.#collection ? await ask(client, this.#collection) : otherwise;
    } catch (error) {
      throw unavailable(error);
    }
  }

  async #readCollection(client: QdrantClient): Promise<Collection | undefined> {
    const { exists } = await client.collectionExists(this.#name);
    if (!exists) return undefined;
    const { config } = await client.getCollection(this.#name);
    if (!config.params.sparse_vectors || !(WORDS in config.params.sparse_vectors)) {
      throw new KnowledgeError(
        'knowledge_index_invalid',
        `The Qdrant collection ${this.#name} was made by something else: choose another name.`,
      );
    }
    const vectors = (config.params.vectors ?? {}) as Readonly<Record<string, { size?: number }>>;
    return { dimensions: vectors[MEANING]?.size ?? 0 };
  }

  async #ensureCollection(client: QdrantClient, dimensions: number): Promise<void> {
    this.#collection ??= await this.#readCollection(client);
    if (!this.#collection) {
      await client.createCollection(this.#name, {
        vectors: dimensions === 0 ? {} : { [MEANING]: { size: dimensions, distance: 'Cosine' } },
        sparse_vectors: { [WORDS]: {} },
      });
      for (const [field, kind] of Object.entries(PAYLOAD_INDEXES)) {
        await client.createPayloadIndex(this.#name, {
          wait: true,
          field_name: field,
          field_schema: kind,
        });
      }
      this.#collection = { dimensions };
    }
    if (dimensions > 0 && this.#collection.dimensions !== dimensions) {
      throw new KnowledgeError(
        'knowledge_index_invalid',
        `The Qdrant collection ${this.#name} was made for vectors of ${this.#collection.dimensions} numbers, and this model's have ${dimensions}: import into another collection.`,
      );
    }
  }

  async #scroll(
    client: QdrantClient,
    filter: Schemas['Filter'],
    wanted: { readonly with_payload: string[]; readonly with_vector?: string[] },
  ): Promise<
    { readonly payload: PassagePayload; readonly vector?: Readonly<Record<string, unknown>> }[]
  > {
    const points: {
      readonly payload: PassagePayload;
      readonly vector?: Readonly<Record<string, unknown>>;
    }[] = [];
    let offset: Schemas['ExtendedPointId'] | undefined;
    do {
      const page = await client.scroll(this.#name, {
        filter,
        limit: POINTS_PER_PAGE,
        ...(offset !== undefined && { offset }),
        ...wanted,
      });
      points.push(...(page.points as unknown as typeof points));
      offset = (page.next_page_offset as Schemas['ExtendedPointId'] | null) ?? undefined;
    } while (offset !== undefined);
    return points;
  }
}

/** The first passage of each document stands for it. */
function firstPassages(documentIds: readonly string[] | undefined): Schemas['Filter'] {
  return conditionsOf({ documentIds }, { key: 'index', match: { value: 0 } });
}
