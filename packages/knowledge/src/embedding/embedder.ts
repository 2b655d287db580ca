import { createHash } from 'node:crypto';
import type { EmbeddingModel } from 'ai';
import { KnowledgeError } from '../errors.ts';
import { untilAborted } from '../until-aborted.ts';

const CACHED_QUERIES = 500;
/** A question that has no vector by then is searched for by words alone. */
const QUERY_TIMEOUT_MS = 600;
/** At once; providers limit requests. */
const PARALLEL_CALLS = 2;

interface RetryOptions {
  /** Default: as often as the AI SDK does, which waits for seconds. */
  readonly maxRetries?: number | undefined;
}

const NO_RETRY: RetryOptions = { maxRetries: 0 };

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
  async embed(
    texts: readonly string[],
    signal?: AbortSignal,
    { maxRetries }: RetryOptions = {},
  ): Promise<Float32Array[]> {
    if (texts.length === 0) return [];
    // Half a second to load: only for those who embed.
    const { embedMany } = await import('ai');
    let embeddings: readonly (readonly number[])[];
    try {
      ({ embeddings } = await embedMany({
        model: this.#model,
        values: [...texts],
        maxParallelCalls: PARALLEL_CALLS,
        ...(maxRetries !== undefined && { maxRetries }),
        ...(signal && { abortSignal: signal }),
      }));
    } catch (cause) {
      signal?.throwIfAborted();
      throw this.#failed('failed: check its key, its quota and the network', cause);
    }
    if (embeddings.length !== texts.length) {
      throw this.#failed(`gave ${embeddings.length} vectors for ${texts.length} texts`);
    }
    return embeddings.map((embedding) => this.#normalise(embedding));
  }

  /**
   * Vectors of queries, at once or not at all, for a caller waits; those of the last few hundred are kept.
   *
   * @throws KnowledgeError `knowledge_embedding_failed`, also where the model takes too long.
   */
  async embedQueries(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]> {
    const vectors = new Map(texts.map((text) => [text, this.#queries.get(text)]));
    const unknown = [...vectors.keys()].filter((text) => !vectors.get(text));
    if (unknown.length > 0) {
      const made = await this.#embedInTime(unknown, signal);
      if (this.#queries.size + unknown.length > CACHED_QUERIES) this.#queries.clear();
      for (const [index, text] of unknown.entries()) {
        vectors.set(text, made[index]);
        this.#queries.set(text, made[index]!);
      }
    }
    return texts.map((text) => vectors.get(text)!);
  }

  async #embedInTime(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]> {
    const tooLate = AbortSignal.timeout(QUERY_TIMEOUT_MS);
    const either = signal ? AbortSignal.any([signal, tooLate]) : tooLate;
    try {
      return await untilAborted(this.embed(texts, either, NO_RETRY), either);
    } catch (cause) {
      signal?.throwIfAborted();
      if (!tooLate.aborted) throw cause;
      throw this.#failed('does not answer in time', cause);
    }
  }

  #normalise(embedding: readonly number[]): Float32Array {
    const length = Math.hypot(...embedding);
    if (!(length > 0 && Number.isFinite(length))) throw this.#failed('gave a vector of no length');
    return Float32Array.from(embedding, (value) => value / length);
  }

  #failed(problem: string, cause?: unknown): KnowledgeError {
    return new KnowledgeError(
      'knowledge_embedding_failed',
      `The embedding model ${this.id} ${problem}.`,
      { cause },
    );
  }
}
