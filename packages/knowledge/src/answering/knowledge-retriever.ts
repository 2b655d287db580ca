import type { Clock, Logger } from '@phone-agents/core';
import { silentLogger, systemClock } from '@phone-agents/core';
import { errorCode } from '../errors.ts';
import type { KnowledgeBase, KnowledgePassage, PassageFilter } from '../knowledge-base.ts';
import { untilAborted } from '../until-aborted.ts';
import { fitToTokens } from './fit-to-tokens.ts';

/** The score from which on a question is answered, set on telephone questions searched by words. */
export const DEFAULT_MINIMUM_SCORE = 0.45;

/** Turns of the caller's before the question that are searched with. */
const RECENT_TURNS = 3;

/** How passages are looked for in a conversation. */
export interface KnowledgeRetrieverOptions {
  readonly knowledge: KnowledgeBase;
  /**
   * A question is answered only where a passage scores as much, 0 to 1; default 0.45, set for search
   * by words. With an embedding model look at what your model scores where nothing fits.
   */
  readonly minimumScore?: number | undefined;
  /** Most passages for a question; default 3. */
  readonly limit?: number | undefined;
  /** Most tokens of all passages together, taking four characters for a token; default 600. */
  readonly maxTokens?: number | undefined;
  /** A search that takes longer is given up, in ms; default 1,000. */
  readonly timeoutMs?: number | undefined;
  /** Whom a caller can be transferred to where the documents have no answer: `the front desk`. */
  readonly transferTo?: string | undefined;
  readonly filter?: PassageFilter | undefined;
  readonly logger?: Logger | undefined;
  /** Default the machine's. */
  readonly clock?: Clock | undefined;
}

/** What one search for passages may take into account. */
export interface RetrieveOptions {
  /** What the caller said before, oldest first; the last three are searched with. */
  readonly recentTurns?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What was found for a question. */
export interface Retrieval {
  readonly question: string;
  /**
   * `found`: there are passages that fit. `unknown`: the documents do not answer it. `unavailable`: they
   * could not be searched, or not in time.
   */
  readonly outcome: 'found' | 'unknown' | 'unavailable';
  /** Best first; empty unless `found`. */
  readonly passages: readonly KnowledgePassage[];
  /** Sources of the passages, each once. */
  readonly sources: readonly string[];
}

/** Finds passages for what callers ask, within limits; it never fails and never takes too long. */
export interface KnowledgeRetriever {
  /** Whom a caller can be transferred to where the documents have no answer. */
  readonly transferTo: string | undefined;
  /** Rejects only where `signal` is aborted. */
  retrieve(question: string, options?: RetrieveOptions): Promise<Retrieval>;
}

/**
 * Makes what a call needs between a caller's question and a knowledge base.
 *
 * @example
 * const retriever = createKnowledgeRetriever({ knowledge, transferTo: 'the front desk' });
 * const agent = createVoiceAgent({ model, tools: knowledgeTools(retriever), ... });
 *
 * @throws RangeError where a limit is none.
 */
export function createKnowledgeRetriever(options: KnowledgeRetrieverOptions): KnowledgeRetriever {
  const { knowledge, minimumScore = DEFAULT_MINIMUM_SCORE, limit = 3 } = options;
  const { maxTokens = 600, timeoutMs = 1_000 } = options;
  const { filter, transferTo, logger = silentLogger, clock = systemClock } = options;
  if (!(minimumScore >= 0 && minimumScore <= 1)) {
    throw new RangeError('minimumScore must be between 0 and 1.');
  }
  if (!(maxTokens >= 20)) throw new RangeError('maxTokens must be at least 20.');
  if (!(timeoutMs > 0)) throw new RangeError('timeoutMs must be more than 0.');
  return {
    transferTo,
    async retrieve(question, { recentTurns: turns, signal } = {}) {
      const recentTurns = turns?.slice(-RECENT_TURNS);
      signal?.throwIfAborted();
      const tooLate = new AbortController();
      const timer = clock.setTimeout(
        () => tooLate.abort(new Error('The search took too long')),
        timeoutMs,
      );
      const either = signal ? AbortSignal.any([signal, tooLate.signal]) : tooLate.signal;
      try {
        const found = await untilAborted(
          knowledge.search(question, { limit, filter, recentTurns, minimumScore, signal: either }),
          either,
        );
        const passages = fitToTokens(found, maxTokens);
        const outcome = passages.length > 0 ? 'found' : 'unknown';
        return { question, outcome, passages, sources: sourcesOf(passages) };
      } catch (error) {
        signal?.throwIfAborted();
        logger.warn(
          { code: tooLate.signal.aborted ? 'timeout' : errorCode(error) },
          'The knowledge base could not be searched',
        );
        return { question, outcome: 'unavailable', passages: [], sources: [] };
      } finally {
        timer.cancel();
      }
    },
  };
}

function sourcesOf(passages: readonly KnowledgePassage[]): string[] {
  return [...new Set(passages.map(({ source }) => source))];
}
