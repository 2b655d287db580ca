import type {
  CallAnswer,
  MachineDetected,
  ProviderHost,
  WebhookRequest,
  WebhookResponse,
} from '@phone-agents/core';
import {
  ConfigurationError,
  WebhookVerificationError,
  headerValue,
  textResponse,
} from '@phone-agents/core';
import { twilioCallDetails } from './twilio-call.ts';
import {
  CONNECT_ACTION_PATH,
  DIAL_ACTION_PATH,
  MACHINE_PATH,
  RECORDING_PATH,
  STATUS_PATH,
  STREAM_STATUS_PATH,
  streamTwiml,
  twilioProgress,
} from './twilio-dialling.ts';
import { TwilioWebhookFormatError } from './twilio-error.ts';
import type { TwilioRest } from './twilio-rest.ts';
import type { TwilioProviderSettings } from './twilio-settings.ts';
import { resolveTwilioSettings, shownNumber, twilioSettingsProblems } from './twilio-settings.ts';
import { verifyTwilioSignature } from './twilio-signature.ts';
import type { TwilioWebhook } from './twilio-webhook.ts';
import { parseTwilioWebhook, signedParameters } from './twilio-webhook.ts';
import {
  createAnnouncementTwiml,
  createForwardTwiml,
  createHangUpTwiml,
  createRejectTwiml,
} from './twiml.ts';

const DEFAULT_FORWARD_TIMEOUT_MS = 30_000;

const FINAL_STATUSES: ReadonlySet<string | undefined> = new Set([
  'completed',
  'busy',
  'no-answer',
  'canceled',
  'failed',
]);

/** What machine detection says, in our words (Twilio docs, "Answering Machine Detection"). */
const ANSWERED_BY: ReadonlyMap<string, MachineDetected> = new Map([
  ['human', { answeredBy: 'human', greetingEnded: false }],
  ['machine_start', { answeredBy: 'machine', greetingEnded: false }],
  ['machine_end_beep', { answeredBy: 'machine', greetingEnded: true, beep: true }],
  ['machine_end_silence', { answeredBy: 'machine', greetingEnded: true, beep: false }],
  ['machine_end_other', { answeredBy: 'machine', greetingEnded: true }],
  ['fax', { answeredBy: 'fax', greetingEnded: false }],
  ['unknown', { answeredBy: 'unknown', greetingEnded: false }],
]);

/** @param callId Our own id, where the address names it. */
type Route = (
  webhook: TwilioWebhook,
  host: ProviderHost,
  callId: string | undefined,
) => Promise<WebhookResponse>;

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
      [STATUS_PATH, (webhook, host, callId) => this.#status(webhook, host, callId)],
      [MACHINE_PATH, (webhook, host, callId) => this.#machine(webhook, host, callId)],
      [RECORDING_PATH, (webhook, host, callId) => this.#recording(webhook, host, callId)],
      [CONNECT_ACTION_PATH, (webhook, host) => this.#connectAction(webhook, host)],
      [DIAL_ACTION_PATH, (webhook, host) => this.#dialAction(webhook, host)],
      [STREAM_STATUS_PATH, (webhook, host) => this.#streamStatus(webhook, host)],
    ]);
  }

  /** @throws WebhookVerificationError, ConfigurationError */
  async handle(request: WebhookRequest, host: ProviderHost): Promise<WebhookResponse> {
    const route = this.#routes.get(request.path);
    if (!route) return textResponse(404, 'Not found');
    if (request.method !== 'POST' && request.method !== 'GET') {
      return textResponse(405, 'Use POST or GET', { allow: 'GET, POST' });
    }
    this.#verify(request, host);
    try {
      const callId = new URLSearchParams(request.query).get('call') ?? undefined;
      return await route(parseTwilioWebhook(request), host, callId);
    } catch (error) {
      if (!(error instanceof TwilioWebhookFormatError)) throw error;
      host.logger.warn({ path: request.path, error }, 'A signed webhook cannot be read');
      return textResponse(400, error.message);
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

  async #status(
    webhook: TwilioWebhook,
    host: ProviderHost,
    callId: string | undefined,
  ): Promise<WebhookResponse> {
    await this.#report(webhook, host, callId);
    return NO_CONTENT;
  }

  async #machine(
    webhook: TwilioWebhook,
    host: ProviderHost,
    callId: string | undefined,
  ): Promise<WebhookResponse> {
    const providerCallId = requireCallSid(webhook);
    const detected = ANSWERED_BY.get(webhook.answeredBy ?? '');
    if (detected) await host.machineDetected({ providerCallId, callId, ...detected });
    else host.logger.warn({ providerCallId }, 'Twilio detected something that is unknown');
    return NO_CONTENT;
  }

  async #recording(
    webhook: TwilioWebhook,
    host: ProviderHost,
    callId: string | undefined,
  ): Promise<WebhookResponse> {
    const providerCallId = requireCallSid(webhook);
    const { recordingDuration, recordingSid, recordingStatus, recordingUrl } = webhook;
    if (recordingSid === undefined) {
      throw new TwilioWebhookFormatError('The webhook has no RecordingSid.');
    }
    if (recordingStatus === 'completed' || recordingStatus === 'absent') {
      await host.recordingFinished({
        providerCallId,
        callId,
        id: recordingSid,
        url: recordingUrl,
        durationMs: milliseconds(recordingDuration),
        status: recordingStatus === 'completed' ? 'completed' : 'failed',
      });
    }
    return NO_CONTENT;
  }

  async #report(webhook: TwilioWebhook, host: ProviderHost, callId?: string): Promise<void> {
    const callSid = requireCallSid(webhook);
    const { callDuration, callStatus, errorCode, sipResponseCode } = webhook;
    const progress = twilioProgress(callStatus, sipResponseCode);
    if (progress === undefined) {
      host.logger.warn({ callSid }, 'Twilio reported a call status that is unknown');
      return;
    }
    const sip = sipResponseCode === undefined ? undefined : `SIP ${sipResponseCode}`;
    await host.callStatus({
      providerCallId: callSid,
      callId,
      progress,
      providerCause: errorCode ?? sip,
      durationMs: milliseconds(callDuration),
    });
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
        return streamTwiml(answer.mediaUrl, host);
      case 'reject':
        return createRejectTwiml(answer.reason);
      case 'forward':
        return createForwardTwiml(answer.to, {
          actionUrl: host.publicUrl.http(DIAL_ACTION_PATH),
          callerId: shownNumber(this.#settings, webhook),
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
}

/** Seconds of a webhook, in ms; undefined where they are absent or none. */
function milliseconds(seconds: string | undefined): number | undefined {
  const value = Number(seconds);
  return seconds === undefined || !Number.isFinite(value) || value < 0 ? undefined : value * 1000;
}

const NO_CONTENT: WebhookResponse = { status: 204, headers: {}, body: '' };

function requireCallSid({ callSid }: TwilioWebhook): string {
  if (callSid !== undefined && /^[\w-]{1,64}$/.test(callSid)) return callSid;
  throw new TwilioWebhookFormatError('The webhook has no usable CallSid.');
}

function twimlResponse(body: string): WebhookResponse {
  return { status: 200, headers: { 'content-type': 'text/xml; charset=utf-8' }, body };
}
