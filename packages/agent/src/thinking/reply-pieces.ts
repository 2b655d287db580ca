import { PushQueue } from '../push-queue.ts';
import type { ToolCallRecord } from './tool-call-record.ts';

/** Where a sentence is over whatever its text looks like, and the tool call that was made there. */
export interface ReplyBreak {
  readonly toolCall?: ToolCallRecord | undefined;
}

/** A piece of an answer as it is made: text of any length, or a break. */
export type ReplyPiece = string | ReplyBreak;

/**
 * Pieces of one answer on their way from those who make it (a model, a tool that says something
 * while it works) to the one who speaks it.
 */
export class ReplyPieces extends PushQueue<ReplyPiece> {
  /** A whole sentence, apart from what comes before and after it. */
  pushSentence(text: string): void {
    this.push({});
    this.push(text);
    this.push({});
  }
}
