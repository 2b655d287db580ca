import { createHash } from 'node:crypto';
import type { EmbeddingModel } from 'ai';
import { KnowledgeError } from '../errors.ts';

const CACHED_QUERIES = 500;
/** At once; providers limit requests. */
const PARALLEL_CALLS = 2;

/** Turns texts into vectors with a model of the AI SDK's. */
export class Embedder {
  /** Tells vectors of different models apart. */
  readonly id: string;
  readonly #model: EmbeddingModel;
  readonly #queries = new Map<string, Float32Array>();

  constructor(model: EmbeddingModel) {
    this.#model = model;
    this.id = typeof model === 'string' ? model : `${model.provider}:${model.modelId}`;
  }

  /** Hash under which a text's vector is kept. */
  hash(text: string): string {
    return createHash('sha256').update(`${this.id}\0${text}`).digest('hex');
  }

  /**
   * Vectors of length 1, in the order of the texts; in as few requests as the model allows.
   *
   * @throws KnowledgeError `knowledge_embedding_failed`.
   */
  async embed(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]> {
    if (texts.length === 0) return [];
    // Half a second to load: only for those who embed.
    const { embedMany } = await import('ai');
    let embeddings: readonly (readonly number[])[];
    try {
      ({ embeddings } = await embedMany({
        model: this.#model,
        values: [...texts],
        maxParallelCalls: PARALLEL_CALLS,
        ...(signal && { abortSignal: signal }),
      }));
    } catch (cause) {
      signal?.throwIfAborted();
      throw new KnowledgeError(
        'knowledge_embedding_failed',
        `The embedding model ${this.id} failed: check its key, its quota and the network.`,
        { cause },
      );
    }
    if (embeddings.length !== texts.length) {
      throw this.#unusable(`gave ${embeddings.length} vectors for ${texts.length} texts`);
    }
    return embeddings.map((embedding) => this.#normalise(embedding));
  }

  /** The vector of a query; those of the last few hundred are kept. */
  async embedQuery(text: string, signal?: AbortSignal): Promise<Float32Array> {
    const known = this.#queries.get(text);
    if (known) return known;
    const [vector] = await this.embed([text], signal);
    if (this.#queries.size >= CACHED_QUERIES) this.#queries.clear();
    this.#queries.set(text, vector!);
    return vector!;
  }

  #normalise(embedding: readonly number[]): Float32Array {
    const length = Math.hypot(...embedding);
    if (!(length > 0 && Number.isFinite(length)))
      throw this.#unusable('gave a vector of no length');
    return Float32Array.from(embedding, (value) => value / length);
  }

  #unusable(problem: string): KnowledgeError {
    return new KnowledgeError(
      'knowledge_embedding_failed',
      `The embedding model ${this.id} ${problem}.`,
    );
  }
}
