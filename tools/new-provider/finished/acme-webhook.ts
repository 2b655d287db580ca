import type { CallProgress, WebhookRequest } from '@phone-agents/core';

export type AcmeWebhook =
  | {
      readonly event: 'incoming';
      readonly callId: string;
      readonly from: string;
      readonly to: string;
    }
  | { readonly event: 'media-ended'; readonly callId: string }
  | { readonly event: 'status'; readonly callId: string; readonly progress: CallProgress }
  | { readonly event: 'other' };

export function parseAcmeWebhook({ rawBody }: WebhookRequest): AcmeWebhook {
  const message = JSON.parse(Buffer.from(rawBody).toString('utf8')) as Record<string, string>;
  const { event, callId = '', from = '', to = '', status = '' } = message;
  if (event === 'incoming') return { event, callId, from, to };
  if (event === 'media-ended') return { event, callId };
  if (event === 'status') return { event, callId, progress: status as CallProgress };
  return { event: 'other' };
}
