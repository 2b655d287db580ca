import type {
  MediaUpgradeRequest,
  PhoneCall,
  ProviderHost,
  TelephonyProvider,
} from '@phone-agents/core';
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
  return new TwilioProvider(settings);
}

class TwilioProvider implements TelephonyProvider {
  readonly name = 'twilio';
  readonly webhooks = [
    { path: '/twilio/voice', purpose: 'A call comes in (number settings, HTTP POST)' },
    { path: '/twilio/status', purpose: 'Call status changes (number settings, HTTP POST)' },
  ];
  readonly handleWebhook: TelephonyProvider['handleWebhook'];
  readonly #settings: TwilioProviderSettings;
  readonly callsPerSecond: number | undefined;
  readonly dial: NonNullable<TelephonyProvider['dial']>;
  readonly findDialled: NonNullable<TelephonyProvider['findDialled']>;
  readonly lookUp: NonNullable<TelephonyProvider['lookUp']>;
  readonly sendDigits: NonNullable<TelephonyProvider['sendDigits']>;
  readonly transfer: NonNullable<TelephonyProvider['transfer']>;
  readonly connectCalls: NonNullable<TelephonyProvider['connectCalls']>;
  readonly resumeMedia: NonNullable<TelephonyProvider['resumeMedia']>;
  readonly startRecording: NonNullable<TelephonyProvider['startRecording']>;
  readonly stopRecording: NonNullable<TelephonyProvider['stopRecording']>;
  readonly #rest: TwilioRest;

  constructor(settings: TwilioProviderSettings) {
    this.#settings = settings;
    this.callsPerSecond = settings.callsPerSecond;
    this.#rest = new TwilioRest(settings);
    const dialling = new TwilioDialling(this.#rest);
    this.dial = (request, host) => dialling.dial(request, host);
    this.findDialled = (call, host) => dialling.findDialled(call, host);
    this.lookUp = (call) => dialling.lookUp(call);
    const control = new TwilioCallControl(settings, this.#rest);
    this.sendDigits = (request, host) => control.sendDigits(request, host);
    this.transfer = (request, host) => control.transfer(request, host);
    this.connectCalls = (request) => control.connectCalls(request);
    this.resumeMedia = (call, mediaUrl, host) => control.resumeMedia(call, mediaUrl, host);
    this.startRecording = (call, options, host) => control.startRecording(call, options, host);
    this.stopRecording = (call) => control.stopRecording(call);
    const handler = new TwilioWebhookHandler(settings, this.#rest);
    this.handleWebhook = (request, host) => handler.handle(request, host);
  }

  get phoneNumber(): string | undefined {
    return resolveTwilioSettings(this.#settings).phoneNumber;
  }

  checkSettings(): ReturnType<TelephonyProvider['checkSettings']> {
    return twilioSettingsProblems(resolveTwilioSettings(this.#settings));
  }

  prepare(): Promise<void> {
    return this.#rest.prepare();
  }

  verifyMediaUpgrade(request: MediaUpgradeRequest, host: ProviderHost): void {
    const accepted = verifyTwilioSignature({
      authToken: resolveTwilioSettings(this.#settings).authTokens,
      signature: headerValue(request.headers, 'x-twilio-signature'),
      url: host.publicUrl.websocket(request.path) + request.query,
    });
    if (!accepted) {
      throw new MediaAdmissionError(
        401,
        'The media WebSocket is not signed by Twilio for this address: check TWILIO_AUTH_TOKEN, and that publicUrl is the address that Twilio uses.',
      );
    }
  }

  createMediaStream(
    ...[socket, options]: Parameters<TelephonyProvider['createMediaStream']>
  ): TwilioMediaStream {
    return new TwilioMediaStream(socket, options);
  }

  async hangUp(call: PhoneCall): Promise<void> {
    // Without an id Twilio has never told of the call, and has nothing to hang up.
    if (call.providerCallId !== undefined) await this.#rest.hangUp(call.providerCallId);
  }

  async announceAndHangUp(call: PhoneCall, text: string): Promise<void> {
    if (call.providerCallId === undefined) return;
    const { announcementVoice: voice, announcementLanguage: language } = this.#settings;
    const twiml = createAnnouncementTwiml(text, { voice, language });
    await this.#rest.instruct(call.providerCallId, twiml);
  }
}
