import type {
  ConnectRequest,
  DigitsRequest,
  PhoneCall,
  ProviderHost,
  TransferRequest,
} from '@phone-agents/core';
import { DIAL_ACTION_PATH, recordingOptions, streamTwiml } from './twilio-dialling.ts';
import type { TwilioRest } from './twilio-rest.ts';
import type { TwilioProviderSettings } from './twilio-settings.ts';
import { shownNumber } from './twilio-settings.ts';
import { createConferenceTwiml, createForwardTwiml } from './twiml.ts';

/**
 * What is done to a live call by new instructions, which end its media stream: Twilio has no other way
 * to send keys or to transfer a call whose audio it streams.
 */
export class TwilioCallControl {
  readonly #settings: TwilioProviderSettings;
  readonly #rest: TwilioRest;

  constructor(settings: TwilioProviderSettings, rest: TwilioRest) {
    this.#settings = settings;
    this.#rest = rest;
  }

  async sendDigits({ call, digits, restartMedia }: DigitsRequest, host: ProviderHost) {
    const twiml = streamTwiml(await restartMedia(), host, digits);
    await this.#redirect(call, twiml, 'send the keys');
  }

  async transfer(request: TransferRequest, host: ProviderHost): Promise<void> {
    const { call, maxDurationMs, ringTimeoutMs, to } = request;
    const twiml = createForwardTwiml(to, {
      actionUrl: host.publicUrl.http(DIAL_ACTION_PATH),
      callerId: call.direction === 'outbound' ? call.from : shownNumber(this.#settings, call),
      timeoutMs: ringTimeoutMs,
      maxDurationMs,
    });
    await this.#redirect(call, twiml, 'transfer the call');
  }

  /** The target first: should that fail, the caller's stream is as it was. */
  async connectCalls({ call, maxDurationMs, target }: ConnectRequest): Promise<void> {
    const twiml = createConferenceTwiml(`phone-agents-${call.id}`, { maxDurationMs });
    await this.#redirect(target, twiml, 'connect the target');
    await this.#redirect(call, twiml, 'connect the caller');
  }

  async resumeMedia(call: PhoneCall, mediaUrl: string, host: ProviderHost): Promise<void> {
    await this.#redirect(call, streamTwiml(mediaUrl, host), 'connect the audio');
  }

  async startRecording(
    call: PhoneCall,
    { channels }: { readonly channels: 'mono' | 'stereo' },
    host: ProviderHost,
  ): Promise<void> {
    const options = recordingOptions(call, channels, host);
    await this.#rest.startRecording(call.providerCallId ?? '', options);
  }

  async stopRecording(call: PhoneCall): Promise<void> {
    await this.#rest.stopRecording(call.providerCallId ?? '');
  }

  async #redirect(call: PhoneCall, twiml: string, action: string): Promise<void> {
    await this.#rest.redirect(call.providerCallId ?? '', twiml, action);
  }
}
