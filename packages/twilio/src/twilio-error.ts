import { PhoneAgentError } from '@phone-agents/core';

/**
 * TwiML cannot be made of what was given: a stream address that Twilio would not open, a parameter
 * or a document over Twilio's limits. Code `twiml_invalid`.
 */
export class TwimlError extends PhoneAgentError {
  constructor(message: string) {
    super('twiml_invalid', message);
  }
}

/** A webhook whose body is not what Twilio sends. Code `twilio_webhook_malformed`; answered with HTTP 400. */
export class TwilioWebhookFormatError extends PhoneAgentError {
  constructor(message: string) {
    super('twilio_webhook_malformed', message);
  }
}
