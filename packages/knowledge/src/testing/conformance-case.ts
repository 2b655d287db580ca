import type { EmbeddingModel } from 'ai';
import type { KnowledgeBase } from '../knowledge-base.ts';

/** One thing that every knowledge base must do, for any test runner: `test(name, run)`. */
export interface KnowledgeConformanceCase {
  /** A sentence about behaviour. */
  readonly name: string;
  /** Rejects, with an `AssertionError`, where the subject does otherwise. */
  run(): Promise<void>;
}

/** How the cases get what they try. */
export interface KnowledgeConformanceSubject {
  /**
   * Makes an empty knowledge base; the cases close it. With a model it must search by meaning too.
   */
  create(options: { readonly embeddingModel?: EmbeddingModel | undefined }): Promise<KnowledgeBase>;
  /** Opens the one that `create` gave last once more, as another process would. */
  reopen(options: { readonly embeddingModel?: EmbeddingModel | undefined }): Promise<KnowledgeBase>;
  /** Whether it can search by meaning here; default true. */
  readonly canEmbed?: boolean | undefined;
  /** Whether one that was filled with one model can be filled with another; default true. */
  readonly canChangeModel?: boolean | undefined;
}

/** Makes a case of what is done with an empty knowledge base, which is closed behind it. */
export type WithBase = (
  run: (knowledge: KnowledgeBase) => Promise<void>,
  create?: () => Promise<KnowledgeBase>,
) => () => Promise<void>;
