import type {
  CallAnswer,
  CallProgress,
  ProviderHost,
  WebhookRequest,
  WebhookResponse,
} from '@phone-agents/core';
import { ConfigurationError, WebhookVerificationError, headerValue } from '@phone-agents/core';
import { twilioCallDetails } from './twilio-call.ts';
import { TwilioWebhookFormatError } from './twilio-error.ts';
import type { TwilioRest } from './twilio-rest.ts';
import type { TwilioProviderSettings } from './twilio-settings.ts';
import { resolveTwilioSettings, twilioSettingsProblems } from './twilio-settings.ts';
import { verifyTwilioSignature } from './twilio-signature.ts';
import type { TwilioWebhook } from './twilio-webhook.ts';
import { parseTwilioWebhook, signedParameters } from './twilio-webhook.ts';
import {
  createAnnouncementTwiml,
  createForwardTwiml,
  createHangUpTwiml,
  createMediaStreamTwiml,
  createRejectTwiml,
} from './twiml.ts';

const CONNECT_ACTION_PATH = '/twilio/connect-action';
const DIAL_ACTION_PATH = '/twilio/dial-action';
const STREAM_STATUS_PATH = '/twilio/stream-status';
const DEFAULT_FORWARD_TIMEOUT_MS = 30_000;

const PROGRESS: ReadonlyMap<string, CallProgress> = new Map([
  ['queued', 'initiated'],
  ['initiated', 'initiated'],
  ['ringing', 'ringing'],
  ['in-progress', 'answered'],
  ['completed', 'completed'],
  ['busy', 'busy'],
  ['no-answer', 'no-answer'],
  ['canceled', 'canceled'],
  ['failed', 'failed'],
]);
const FINAL_STATUSES: ReadonlySet<string | undefined> = new Set([
  'completed',
  'busy',
  'no-answer',
  'canceled',
  'failed',
]);

type Route = (webhook: TwilioWebhook, host: ProviderHost) => Promise<WebhookResponse>;

/** Verifies Twilio's webhooks, tells the phone what they say, and answers in TwiML. */
export class TwilioWebhookHandler {
  readonly #settings: TwilioProviderSettings;
  readonly #rest: TwilioRest;
  readonly #routes: ReadonlyMap<string, Route>;

  constructor(settings: TwilioProviderSettings, rest: TwilioRest) {
    this.#settings = settings;
    this.#rest = rest;
    this.#routes = new Map<string, Route>([
      ['/twilio/voice', (webhook, host) => this.#voice(webhook, host)],
      ['/twilio/status', (webhook, host) => this.#status(webhook, host)],
      [CONNECT_ACTION_PATH, (webhook, host) => this.#connectAction(webhook, host)],
      [DIAL_ACTION_PATH, (webhook, host) => this.#dialAction(webhook, host)],
      [STREAM_STATUS_PATH, (webhook, host) => this.#streamStatus(webhook, host)],
    ]);
  }

  /** @throws WebhookVerificationError, ConfigurationError */
  async handle(request: WebhookRequest, host: ProviderHost): Promise<WebhookResponse> {
    const route = this.#routes.get(request.path);
    if (!route) return plain(404, 'Not found');
    if (request.method !== 'POST' && request.method !== 'GET') {
      return { ...plain(405, 'Use POST or GET'), headers: { allow: 'GET, POST' } };
    }
    this.#verify(request, host);
    try {
      return await route(parseTwilioWebhook(request), host);
    } catch (error) {
      if (!(error instanceof TwilioWebhookFormatError)) throw error;
      host.logger.warn({ path: request.path, error }, 'A signed webhook cannot be read');
      return plain(400, error.message);
    }
  }

  #verify(request: WebhookRequest, host: ProviderHost): void {
    const settings = resolveTwilioSettings(this.#settings);
    if (settings.authTokens.length === 0) {
      throw new ConfigurationError(twilioSettingsProblems(settings));
    }
    const signature = headerValue(request.headers, 'x-twilio-signature');
    if (signature === undefined) {
      throw new WebhookVerificationError('The webhook has no X-Twilio-Signature header.');
    }
    const accepted = verifyTwilioSignature({
      authToken: settings.authTokens,
      signature,
      url: host.publicUrl.http(request.path + request.query),
      params: signedParameters(request),
      rawBody: request.rawBody,
    });
    if (accepted) return;
    throw new WebhookVerificationError(
      `The webhook's signature is not Twilio's for ${host.publicUrl.http(request.path)}: check that this is the address entered at Twilio, to the letter, and that TWILIO_AUTH_TOKEN is the token of the same account.`,
    );
  }

  async #voice(webhook: TwilioWebhook, host: ProviderHost): Promise<WebhookResponse> {
    const callSid = requireCallSid(webhook);
    const { errorCode } = webhook;
    if (errorCode !== undefined) {
      host.logger.warn(
        { callSid, errorCode },
        'Twilio asks the fallback address: the voice webhook failed before',
      );
    }
    if (FINAL_STATUSES.has(webhook.callStatus)) {
      host.logger.warn(
        { callSid },
        'A call that is over was reported to /twilio/voice: is it entered as a status callback?',
      );
      return this.#over(webhook, host);
    }
    void this.#rest.prepare();
    const answer = await host.incomingCall({
      providerCallId: callSid,
      from: webhook.from ?? 'unknown',
      to: webhook.to ?? 'unknown',
      details: twilioCallDetails(callSid, webhook),
    });
    return twimlResponse(this.#twiml(answer, webhook, host));
  }

  async #connectAction(webhook: TwilioWebhook, host: ProviderHost): Promise<WebhookResponse> {
    const callSid = requireCallSid(webhook);
    // Asked after the caller has hung up, too: then there is nobody to give a new stream.
    if (FINAL_STATUSES.has(webhook.callStatus)) return this.#over(webhook, host);
    const answer = await host.mediaEnded(callSid);
    return twimlResponse(this.#twiml(answer, webhook, host));
  }

  async #over(webhook: TwilioWebhook, host: ProviderHost): Promise<WebhookResponse> {
    await this.#report(webhook, host);
    return twimlResponse(createHangUpTwiml());
  }

  async #status(webhook: TwilioWebhook, host: ProviderHost): Promise<WebhookResponse> {
    await this.#report(webhook, host);
    return NO_CONTENT;
  }

  async #report(webhook: TwilioWebhook, host: ProviderHost): Promise<void> {
    const callSid = requireCallSid(webhook);
    const { callStatus, errorCode, sipResponseCode } = webhook;
    const progress = PROGRESS.get(callStatus ?? '');
    if (progress === undefined) {
      host.logger.warn({ callSid }, 'Twilio reported a call status that is unknown');
      return;
    }
    const sip = sipResponseCode === undefined ? undefined : `SIP ${sipResponseCode}`;
    await host.callStatus({ providerCallId: callSid, progress, providerCause: errorCode ?? sip });
  }

  async #dialAction(webhook: TwilioWebhook, host: ProviderHost): Promise<WebhookResponse> {
    const callSid = requireCallSid(webhook);
    host.logger.info(
      { callSid, dialCallStatus: webhook.dialCallStatus },
      'The forwarded call is over',
    );
    return twimlResponse(createHangUpTwiml());
  }

  async #streamStatus(webhook: TwilioWebhook, host: ProviderHost): Promise<WebhookResponse> {
    const { callSid, streamSid, streamEvent, streamError } = webhook;
    const fields = { callSid, streamSid, streamEvent };
    if (streamEvent === 'stream-error') {
      host.logger.error(
        { ...fields, streamError },
        'Twilio could not open or keep the media stream; see https://www.twilio.com/docs/api/errors for the code in streamError',
      );
    } else {
      host.logger.debug(fields, 'Media stream status');
    }
    return NO_CONTENT;
  }

  #twiml(answer: CallAnswer, webhook: TwilioWebhook, host: ProviderHost): string {
    const { announcementVoice, announcementLanguage, forwardTimeoutMs } = this.#settings;
    switch (answer.action) {
      case 'stream':
        return createMediaStreamTwiml(answer.mediaUrl, {
          actionUrl: host.publicUrl.http(CONNECT_ACTION_PATH),
          statusCallbackUrl: host.publicUrl.http(STREAM_STATUS_PATH),
        });
      case 'reject':
        return createRejectTwiml(answer.reason);
      case 'forward':
        return createForwardTwiml(answer.to, {
          actionUrl: host.publicUrl.http(DIAL_ACTION_PATH),
          callerId: this.#callerId(webhook),
          timeoutMs: forwardTimeoutMs ?? DEFAULT_FORWARD_TIMEOUT_MS,
        });
      case 'announce':
        return createAnnouncementTwiml(answer.text, {
          voice: announcementVoice,
          language: announcementLanguage,
        });
      case 'hang-up':
        return createHangUpTwiml();
    }
  }

  /** Twilio shows the caller's number by itself; where there is none it needs one of the account's. */
  #callerId(webhook: TwilioWebhook): string | undefined {
    if (isPhoneNumber(webhook.from)) return undefined;
    const own = resolveTwilioSettings(this.#settings).phoneNumber;
    return own ?? (isPhoneNumber(webhook.to) ? webhook.to : undefined);
  }
}

const NO_CONTENT: WebhookResponse = { status: 204, headers: {}, body: '' };

function isPhoneNumber(value: string | undefined): boolean {
  return value !== undefined && /^\+\d{3,15}$/.test(value);
}

function requireCallSid({ callSid }: TwilioWebhook): string {
  if (callSid !== undefined && /^[\w-]{1,64}$/.test(callSid)) return callSid;
  throw new TwilioWebhookFormatError('The webhook has no usable CallSid.');
}

function twimlResponse(body: string): WebhookResponse {
  return { status: 200, headers: { 'content-type': 'text/xml; charset=utf-8' }, body };
}

function plain(status: number, body: string): WebhookResponse {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
}
