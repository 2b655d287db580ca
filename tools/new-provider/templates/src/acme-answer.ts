import type { CallAnswer, WebhookResponse } from '@phone-agents/core';
import { unfinished } from './unfinished.ts';

/** The answer to a webhook in Acme's own words: an XML document, JSON, or a command by REST. */
export function createAcmeAnswer(answer: CallAnswer): WebhookResponse {
  switch (answer.action) {
    case 'stream':
      return unfinished(
        "the answer 'stream' of createAcmeAnswer() in src/acme-answer.ts",
        'Answer the call, and let Acme open its media WebSocket at answer.mediaUrl.',
      );
    case 'reject':
      return unfinished(
        "the answer 'reject' of createAcmeAnswer() in src/acme-answer.ts",
        'Decline the call before it is answered, as busy or as rejected.',
      );
    case 'forward':
      return unfinished(
        "the answer 'forward' of createAcmeAnswer() in src/acme-answer.ts",
        'Send the call to the number answer.to.',
      );
    case 'announce':
      return unfinished(
        "the answer 'announce' of createAcmeAnswer() in src/acme-answer.ts",
        "Let Acme's voice say answer.text, escaped as its format wants it, then hang up.",
      );
    case 'hang-up':
      return unfinished(
        "the answer 'hang-up' of createAcmeAnswer() in src/acme-answer.ts",
        'Hang up.',
      );
  }
}
