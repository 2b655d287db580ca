import { iterateUntilAborted } from '../abortable.ts';
import { SentenceSplitter } from './sentence-splitter.ts';
import { plainText } from './speakable-text.ts';
import type { ReplyPiece } from '../thinking/reply-pieces.ts';
import type { ToolCallRecord } from '../thinking/tool-call-record.ts';
import type { PreparedSentence } from './utterance.ts';

/**
 * The sentences of an answer, each as soon as it is whole. `owed` comes before the first of them; an
 * empty answer gives nothing at all. `onToolCall` is told where among them a tool was called.
 */
export async function* replySentences(
  pieces: AsyncIterable<ReplyPiece>,
  owed: PreparedSentence | undefined,
  signal: AbortSignal,
  onToolCall: (record: ToolCallRecord, sentencesBefore: number) => void = () => {},
): AsyncGenerator<PreparedSentence, void, undefined> {
  const splitter = new SentenceSplitter();
  let before = owed;
  let count = 0;
  for await (const piece of iterateUntilAborted(withEnd(pieces), signal)) {
    const isText = typeof piece === 'string';
    for (const sentence of isText ? splitter.push(piece) : splitter.finish()) {
      const text = plainText(sentence);
      if (text === '') continue;
      if (before) {
        count++;
        yield before;
      }
      before = undefined;
      count++;
      yield { text };
    }
    if (!isText && piece.toolCall) onToolCall(piece.toolCall, count);
  }
}

/** Marks the end of the pieces with a break. */
async function* withEnd(pieces: AsyncIterable<ReplyPiece>): AsyncGenerator<ReplyPiece> {
  yield* pieces;
  yield {};
}

/** Sentences that are there already. */
export async function* givenSentences(
  sentences: readonly PreparedSentence[],
): AsyncGenerator<PreparedSentence, void, undefined> {
  yield* sentences;
}
