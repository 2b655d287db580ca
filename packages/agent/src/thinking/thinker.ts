import type { PhoneCall } from '@phone-agents/core';
import type { ConversationTurn } from '../conversation.ts';
import type { AnswerSource, CallerInput } from '../session-events.ts';
import type { ReplyPiece } from './reply-pieces.ts';
import type { ToolCallRecord } from './tool-call-record.ts';

/** What is to be answered, and with what in mind. */
export interface ThinkRequest {
  /** What the caller has just said or pressed; empty where the agent speaks unasked. */
  readonly text: string;
  readonly input: CallerInput;
  /** What the agent is to say, where it speaks unasked. */
  readonly orders?: string | undefined;
  /** The conversation before that, as it was heard. */
  readonly turns: readonly ConversationTurn[];
  readonly call: PhoneCall;
  readonly instructions: string;
  /** Aborted when the answer is not wanted any more. */
  readonly signal: AbortSignal;
  /** Resolves once the caller's turn is over for certain; nothing with an effect is done before. */
  readonly confirmed: Promise<void>;
  /** A tool was called; the record is complete when `onToolCallEnded` is told of it. */
  readonly onToolCalled: (record: ToolCallRecord) => void;
  readonly onToolCallEnded: (record: ToolCallRecord) => void;
  /** The answer is made from this, among others. */
  readonly onSource: (source: AnswerSource) => void;
  /** The first text has come. */
  readonly onFirstText: () => void;
}

/** Thinks up answers. */
export interface Thinker {
  /** Time in which something must come of an answer, in ms; absent where it sees to that itself. */
  readonly timeoutMs?: number | undefined;
  /** Pieces of the answer as they are made; rejects when there is none. Stops when the signal is aborted. */
  think(request: ThinkRequest): AsyncIterable<ReplyPiece>;
}
