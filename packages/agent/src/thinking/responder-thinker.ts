import type { Responder, ResponderRequest } from './responder.ts';
import { replyPieces } from './responder.ts';
import type { ReplyPiece } from './reply-pieces.ts';
import type { Thinker, ThinkRequest } from './thinker.ts';

/** Has a {@link Responder} answer. */
export class ResponderThinker implements Thinker {
  readonly #responder: Responder;

  readonly timeoutMs: number;

  constructor(responder: Responder, timeoutMs: number) {
    this.#responder = responder;
    this.timeoutMs = timeoutMs;
  }

  async *think(request: ThinkRequest): AsyncGenerator<ReplyPiece, void, undefined> {
    const { text, input, call, instructions, signal, onFirstText } = request;
    const asked: ResponderRequest = {
      text,
      history: request.turns.flatMap(({ role, heard }) => {
        const heardText = heard.join(' ');
        return heardText === '' ? [] : [{ role, text: heardText }];
      }),
      call,
      instructions,
      signal,
    };
    const responder = this.#responder;
    const reply =
      input === 'digit' && responder.respondToDigit
        ? responder.respondToDigit(text, asked)
        : responder.respond(asked);
    let isFirst = true;
    for await (const piece of replyPieces(reply)) {
      if (isFirst) onFirstText();
      isFirst = false;
      yield piece;
    }
  }
}
