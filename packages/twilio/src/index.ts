export type { TwilioCallDetails } from './twilio-call.ts';
export { isTwilioCall } from './twilio-call.ts';
export { TwilioWebhookFormatError, TwimlError } from './twilio-error.ts';
export { TwilioMediaStream } from './twilio-media-stream.ts';
export { createTwilioProvider } from './twilio-provider.ts';
export type { TwilioProviderSettings } from './twilio-settings.ts';
export type { TwilioParameters, TwilioSignatureRequest } from './twilio-signature.ts';
export { verifyTwilioSignature } from './twilio-signature.ts';
export type { TwilioWebhook, TwilioWebhookRequest } from './twilio-webhook.ts';
export { parseTwilioWebhook } from './twilio-webhook.ts';
export type {
  AnnouncementOptions,
  ConferenceTwimlOptions,
  ForwardTwimlOptions,
  MediaStreamTwimlOptions,
} from './twiml.ts';
export {
  createAnnouncementTwiml,
  createConferenceTwiml,
  createForwardTwiml,
  createHangUpTwiml,
  createMediaStreamTwiml,
  createRejectTwiml,
} from './twiml.ts';
