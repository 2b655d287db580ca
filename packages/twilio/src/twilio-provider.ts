import type { MediaUpgradeRequest, ProviderHost, TelephonyProvider } from '@phone-agents/core';
import { MediaAdmissionError, headerValue } from '@phone-agents/core';
import { TwilioCallControl } from './twilio-call-control.ts';
import { TwilioDialling } from './twilio-dialling.ts';
import { TwilioMediaStream } from './twilio-media-stream.ts';
import { TwilioRest } from './twilio-rest.ts';
import type { TwilioProviderSettings } from './twilio-settings.ts';
import { resolveTwilioSettings, twilioSettingsProblems } from './twilio-settings.ts';
import { verifyTwilioSignature } from './twilio-signature.ts';
import { createAnnouncementTwiml } from './twiml.ts';
import { TwilioWebhookHandler } from './twilio-webhook-handler.ts';

/**
 * The Twilio plugin of a phone: webhooks, Media Streams and REST.
 *
 * @example
 * const phone = createPhone({ provider: createTwilioProvider(), edge, answer, publicUrl });
 *
 * @throws RangeError for a time or a rate that is not above zero. What else is wrong in the settings is told
 *   by `checkSettings`, all at once.
 */
export function createTwilioProvider(settings: TwilioProviderSettings = {}): TelephonyProvider {
  for (const name of ['callsPerSecond', 'forwardTimeoutMs', 'requestTimeoutMs'] as const) {
    const value = settings[name];
    if (value !== undefined && !(value > 0)) throw new RangeError(`${name} must be above zero.`);
  }
  const rest = new TwilioRest(settings);
  const dialling = new TwilioDialling(rest);
  const control = new TwilioCallControl(settings, rest);
  const handler = new TwilioWebhookHandler(settings, rest);
  return {
    name: 'twilio',
    webhooks: [
      { path: '/twilio/voice', purpose: 'A call comes in (number settings, HTTP POST)' },
      { path: '/twilio/status', purpose: 'Call status changes (number settings, HTTP POST)' },
    ],
    callsPerSecond: settings.callsPerSecond,
    get phoneNumber() {
      return resolveTwilioSettings(settings).phoneNumber;
    },
    checkSettings: () => twilioSettingsProblems(resolveTwilioSettings(settings)),
    prepare: () => rest.prepare(),
    handleWebhook: (request, host) => handler.handle(request, host),
    verifyMediaUpgrade: (request, host) => verifyMediaUpgrade(request, host, settings),
    createMediaStream: (socket, options) => new TwilioMediaStream(socket, options),
    hangUp: async ({ providerCallId }) => {
      // Without an id Twilio has never told of the call, and has nothing to hang up.
      if (providerCallId !== undefined) await rest.hangUp(providerCallId);
    },
    announceAndHangUp: async ({ providerCallId }, text) => {
      if (providerCallId === undefined) return;
      const { announcementVoice: voice, announcementLanguage: language } = settings;
      await rest.instruct(providerCallId, createAnnouncementTwiml(text, { voice, language }));
    },
    dial: (request, host) => dialling.dial(request, host),
    findDialled: (call, host) => dialling.findDialled(call, host),
    lookUp: (call) => dialling.lookUp(call),
    sendDigits: (request, host) => control.sendDigits(request, host),
    transfer: (request, host) => control.transfer(request, host),
    connectCalls: (request) => control.connectCalls(request),
    resumeMedia: (call, mediaUrl, host) => control.resumeMedia(call, mediaUrl, host),
    startRecording: (call, options, host) => control.startRecording(call, options, host),
    stopRecording: (call) => control.stopRecording(call),
  };
}

function verifyMediaUpgrade(
  request: MediaUpgradeRequest,
  host: ProviderHost,
  settings: TwilioProviderSettings,
): void {
  const accepted = verifyTwilioSignature({
    authToken: resolveTwilioSettings(settings).authTokens,
    signature: headerValue(request.headers, 'x-twilio-signature'),
    url: host.publicUrl.websocket(request.path) + request.query,
  });
  if (accepted) return;
  throw new MediaAdmissionError(
    401,
    'The media WebSocket is not signed by Twilio for this address: check TWILIO_AUTH_TOKEN, and that publicUrl is the address that Twilio uses.',
  );
}
