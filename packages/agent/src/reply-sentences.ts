import { iterateUntilAborted } from './abortable.ts';
import type { ResponderReply } from './responder.ts';
import { replyPieces } from './responder.ts';
import { SentenceSplitter } from './sentence-splitter.ts';
import type { PreparedSentence } from './utterance.ts';

/**
 * The sentences of an answer, each as soon as it is whole. `owed` comes before the first of them; an
 * empty answer gives nothing at all.
 */
export async function* replySentences(
  reply: ResponderReply | undefined,
  owed: PreparedSentence | undefined,
  signal: AbortSignal,
): AsyncGenerator<PreparedSentence, void, undefined> {
  const splitter = new SentenceSplitter();
  let before = owed;
  for await (const piece of iterateUntilAborted(withEnd(replyPieces(reply)), signal)) {
    const sentences = piece === undefined ? splitter.finish() : splitter.push(piece);
    for (const text of sentences) {
      if (before) yield before;
      before = undefined;
      yield { text };
    }
  }
}

/** Marks the end of the pieces with undefined. */
async function* withEnd<T>(pieces: AsyncIterable<T>): AsyncGenerator<T | undefined> {
  yield* pieces;
  yield undefined;
}

/** Sentences that are there already. */
export async function* givenSentences(
  sentences: readonly PreparedSentence[],
): AsyncGenerator<PreparedSentence, void, undefined> {
  yield* sentences;
}
