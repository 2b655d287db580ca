import type { ToolCallRecord } from './tool-call-record.ts';

/** Where a sentence is over whatever its text looks like, and the tool call that was made there. */
export interface ReplyBreak {
  readonly toolCall?: ToolCallRecord | undefined;
}

/** A piece of an answer as it is made: text of any length, or a break. */
export type ReplyPiece = string | ReplyBreak;

/**
 * Pieces of one answer on their way from those who make it (a model, a tool that says something
 * while it works) to the one who speaks it. Whatever is pushed waits until it is taken.
 */
export class ReplyPieces implements AsyncIterableIterator<ReplyPiece> {
  readonly #waiting: ReplyPiece[] = [];
  #wake: (() => void) | undefined;
  #isOver = false;
  #fault: { readonly error: unknown } | undefined;

  push(piece: ReplyPiece): void {
    if (this.#isOver) return;
    this.#waiting.push(piece);
    this.#wake?.();
  }

  /** A whole sentence, apart from what comes before and after it. */
  pushSentence(text: string): void {
    this.push({});
    this.push(text);
    this.push({});
  }

  /** Nothing more comes; with an error, that is thrown once all before it has been taken. */
  end(fault?: { readonly error: unknown }): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#fault = fault;
    this.#wake?.();
  }

  async next(): Promise<IteratorResult<ReplyPiece, undefined>> {
    for (;;) {
      const piece = this.#waiting.shift();
      if (piece !== undefined) return { done: false, value: piece };
      if (this.#fault) throw this.#fault.error;
      if (this.#isOver) return { done: true, value: undefined };
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  return(): Promise<IteratorResult<ReplyPiece, undefined>> {
    this.#waiting.length = 0;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
