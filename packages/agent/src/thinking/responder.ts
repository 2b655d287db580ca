import type { PhoneCall } from '@phone-agents/core';

/** One thing that was said so far. What the caller did not hear of an answer is not part of it. */
export interface ConversationMessage {
  readonly role: 'caller' | 'agent';
  readonly text: string;
}

/** What a responder is asked, in one turn of the conversation. */
export interface ResponderRequest {
  /** What the caller has just said. */
  readonly text: string;
  /** What was said before, oldest first. */
  readonly history: readonly ConversationMessage[];
  readonly call: PhoneCall;
  /** The agent's instructions, as they were set; empty where there are none. */
  readonly instructions: string;
  /** Aborted when the answer is not wanted any more: the caller interrupted, or the call ended. */
  readonly signal: AbortSignal;
}

/** An answer: a text, or pieces of a text as they are made; an empty one is not spoken. */
export type ResponderReply = string | Promise<string> | AsyncIterable<string>;

/** What thinks up the agent's answers: a model, a list of phrases, your own code. */
export interface Responder {
  respond(request: ResponderRequest): ResponderReply;
  /** Sentences that callers are likely to say; recognisers that can be tuned use them. */
  phrases?(): readonly string[];
  /**
   * Answers a key of the phone; undefined where there is nothing to say. Without this function the
   * key is answered like a text that was said.
   */
  respondToDigit?(digit: string, request: ResponderRequest): ResponderReply | undefined;
}

/** A {@link Responder} in its shortest form. */
export type RespondFunction = (request: ResponderRequest) => ResponderReply;

/** The pieces of an answer, whatever its form. */
export async function* replyPieces(
  reply: ResponderReply | undefined,
): AsyncGenerator<string, void, undefined> {
  if (reply === undefined) return;
  if (typeof reply === 'object' && Symbol.asyncIterator in reply) yield* reply;
  else yield await reply;
}
