import { PhoneAgentError } from '@phone-agents/core';

/** A webhook whose body is not what Telnyx sends. Code `telnyx_webhook_malformed`; answered with HTTP 400. */
export class TelnyxWebhookFormatError extends PhoneAgentError {
  constructor(message: string) {
    super('telnyx_webhook_malformed', message);
  }
}
