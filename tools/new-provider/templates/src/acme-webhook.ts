import type { CallProgress, WebhookRequest } from '@phone-agents/core';
import { unfinished } from './unfinished.ts';

/** What a webhook of Acme says, in our words. */
export type AcmeWebhook =
  | {
      readonly event: 'incoming';
      readonly callId: string;
      readonly from: string;
      readonly to: string;
    }
  /** The media socket is over while the call goes on; the answer says what is next. */
  | { readonly event: 'media-ended'; readonly callId: string }
  | { readonly event: 'status'; readonly callId: string; readonly progress: CallProgress }
  /** Something that is of no concern to us: companies add events without notice. */
  | { readonly event: 'other' };

/**
 * Reads a webhook whose signature was verified.
 *
 * @throws TypeError where it cannot be read; it is answered with 400 then.
 */
export function parseAcmeWebhook(_request: WebhookRequest): AcmeWebhook {
  return unfinished(
    'parseAcmeWebhook() in src/acme-webhook.ts',
    'Read the body (JSON or a form) and say which of the events it is, with ids and numbers.',
  );
}
