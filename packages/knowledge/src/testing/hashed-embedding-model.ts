import type { EmbeddingModel } from 'ai';
import { termsOf } from '../text/terms.ts';

/** The AI SDK's interface for models, in the version that we write. */
type SpecifiedModel = Extract<EmbeddingModel, { readonly specificationVersion: 'v4' }>;

/** Options of the hashed embedding model; all have defaults. */
export interface HashedEmbeddingModelOptions {
  /** Default 64. */
  readonly dimensions?: number | undefined;
  /** Default `hashed`, and the dimensions. */
  readonly modelId?: string | undefined;
  /** Most texts of one request; default 96. */
  readonly maxEmbeddingsPerCall?: number | undefined;
  /** Words that mean the same: each is taken for its value. */
  readonly synonyms?: Readonly<Record<string, string>> | undefined;
  /** How much all texts are alike, as they are to many models: 2 makes any two similar by 0.8; default 0. */
  readonly likeness?: number | undefined;
}

/** An embedding model for tests. */
export type HashedEmbeddingModel = SpecifiedModel & {
  /** How many texts each request had. */
  readonly requests: readonly number[];
  /** Fails from now on. */
  fail(error: Error): void;
  /** Does not answer from now on. */
  hang(): void;
};

/**
 * An embedding model for tests that needs no network: a text's vector is the sum of vectors that are
 * made from its words (feature hashing). Texts with the same words are near each other; it knows no
 * meaning but the synonyms that it is given.
 */
export function createHashedEmbeddingModel(
  options: HashedEmbeddingModelOptions = {},
): HashedEmbeddingModel {
  const { dimensions = 64, maxEmbeddingsPerCall = 96, synonyms = {}, likeness = 0 } = options;
  const { modelId = `hashed-${dimensions}` } = options;
  const requests: number[] = [];
  let failure: Error | undefined;
  let hangs = false;
  return {
    specificationVersion: 'v4',
    provider: 'test',
    modelId,
    maxEmbeddingsPerCall,
    supportsParallelCalls: true,
    requests,
    fail: (error) => void (failure = error),
    hang: () => void (hangs = true),
    async doEmbed({ values, abortSignal }) {
      abortSignal?.throwIfAborted();
      if (failure) throw failure;
      requests.push(values.length);
      if (hangs) return new Promise(() => {});
      const embeddings = values.map((text) => alike(embed(text, dimensions, synonyms), likeness));
      return { embeddings, warnings: [] };
    },
  };
}

/** Adds a direction that all texts have. */
function alike(vector: number[], likeness: number): number[] {
  if (likeness === 0) return vector;
  const length = Math.hypot(...vector);
  return [likeness, ...vector.map((value) => value / length)];
}

function embed(
  text: string,
  dimensions: number,
  synonyms: Readonly<Record<string, string>>,
): number[] {
  const vector = new Array<number>(dimensions).fill(0);
  const words = text.split(/\b/).map((word) => synonyms[word.toLowerCase()] ?? word);
  for (const term of termsOf(words.join(''))) {
    const random = randomOf(term);
    for (let i = 0; i < dimensions; i++) vector[i]! += random() - 0.5;
  }
  // A text without words is like no other, but has a length all the same.
  vector[0]! += 1e-3;
  return vector;
}

/** Numbers from 0 to 1 that are always the same for a text (FNV-1a, then mulberry32). */
function randomOf(text: string): () => number {
  let state = 0x811c9dc5;
  for (const character of text) {
    state = Math.imul(state ^ character.codePointAt(0)!, 0x01000193);
  }
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
