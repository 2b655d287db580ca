export type { BrowserPhone, BrowserPhoneOptions } from './browser-phone/browser-phone.ts';
export { createBrowserPhone } from './browser-phone/browser-phone.ts';
export type { WatchedAgent, WatchedSession } from './browser-phone/watch-agent.ts';
export type {
  CarrierCall,
  CarrierCallEvent,
  CarrierCallOptions,
  CarrierCallProgress,
  CarrierCallTimes,
  CarrierWarning,
} from './carrier-call.ts';
export type { CliSurroundings } from './cli/run.ts';
export { runCli } from './cli/run.ts';
export { decodeCallerAudio } from './control/caller-audio.ts';
export type { CallScript } from './control/call-script.ts';
export { runCallScript } from './control/call-script.ts';
export type { CallerBehaviour, CallNews } from './control/control-protocol.ts';
export type { LiveCarrier } from './control/live-call.ts';
export type { DialOutcome } from './dial-outcome.ts';
export type { CarrierFaults, TimedFault } from './faults.ts';
export type { HeardSpan } from './line/playback-buffer.ts';
export type { UntilQuietOptions } from './listening.ts';
export { isLoud, untilHeard, untilQuiet } from './listening.ts';
export type { CarrierNumberSettings, LocalCarrier } from './local-carrier.ts';
export type { CallSound, CallerAction } from './recording/call-sound.ts';
export {
  answerDelayMs,
  callSound,
  findSpeech,
  greetingDelayMs,
  interruptionDelayMs,
} from './recording/call-sound.ts';
export { splitAtSilence, trimSilence } from './recording/loudness.ts';
export type { AnnouncementRenderer } from './telnyx/call-speech.ts';
export type { TelnyxApplication, TelnyxPhoneNumber } from './telnyx/telnyx-account.ts';
export type { TelnyxCarrier } from './telnyx/telnyx-carrier.ts';
export type { TelnyxCarrierOptions } from './telnyx/telnyx-carrier-options.ts';
export { createTelnyxCarrier } from './telnyx/telnyx-carrier.ts';
export type { TelnyxNumberSettings } from './telnyx/telnyx-number-settings.ts';
export type {
  TelnyxRestFilter,
  TelnyxRestRefusal,
  TelnyxRestRequestRecord,
} from './telnyx/rest-api.ts';
export { TelnyxSigningKey } from './telnyx/telnyx-signature.ts';
export type {
  TelnyxCallOptions,
  TelnyxCallState,
  TelnyxSimulatedCall,
} from './telnyx/telnyx-simulated-call.ts';
export type { TelnyxWebhookRecord } from './telnyx/webhook-client.ts';
export type { TwilioCallStatus } from './twilio/call-fields.ts';
export type { StatusCallbackEvent } from './twilio/call-requests.ts';
export type { RestRefusal, RestRequestRecord } from './twilio/rest-api.ts';
export type { TwilioNumberSettings } from './twilio/server-address.ts';
export type { TwilioCarrier, TwilioCarrierOptions } from './twilio/twilio-carrier.ts';
export { createTwilioCarrier } from './twilio/twilio-carrier.ts';
export type { TwilioCallOptions, TwilioSimulatedCall } from './twilio/twilio-simulated-call.ts';
export type { FormFields } from './twilio/twilio-signature.ts';
export { signedUrl, signTwilioRequest } from './twilio/twilio-signature.ts';
export type { WebhookPurpose, WebhookRecord } from './twilio/webhook-client.ts';
