import type {
  MediaUpgradeRequest,
  PhoneCall,
  ProviderHost,
  TelephonyProvider,
  WebhookRequest,
  WebhookResponse,
} from '@phone-agents/core';
import {
  ConfigurationError,
  WebhookVerificationError,
  headerValue,
  textResponse,
} from '@phone-agents/core';
import { createAcmeAnswer } from './acme-answer.ts';
import { AcmeMediaStream } from './acme-media-stream.ts';
import { AcmeRest } from './acme-rest.ts';
import type { AcmeProviderSettings } from './acme-settings.ts';
import { acmeSettingsProblems, resolveAcmeSettings } from './acme-settings.ts';
import { verifyAcmeSignature } from './acme-signature.ts';
import type { AcmeWebhook } from './acme-webhook.ts';
import { parseAcmeWebhook } from './acme-webhook.ts';

const CALL_PATH = '/acme/call';
const NO_CONTENT: WebhookResponse = { status: 204, headers: {}, body: '' };

/**
 * The Acme plugin of a phone: webhooks, media and REST.
 *
 * @example
 * const phone = createPhone({ provider: createAcmeProvider(), answer, publicUrl });
 */
export function createAcmeProvider(settings: AcmeProviderSettings = {}): TelephonyProvider {
  return new AcmeProvider(settings);
}

class AcmeProvider implements TelephonyProvider {
  readonly name = 'acme';
  readonly webhooks = [{ path: CALL_PATH, purpose: 'Everything about a call (HTTP POST)' }];
  readonly #settings: AcmeProviderSettings;
  readonly #rest: AcmeRest;

  constructor(settings: AcmeProviderSettings) {
    this.#settings = settings;
    this.#rest = new AcmeRest(settings);
  }

  checkSettings(): ReturnType<TelephonyProvider['checkSettings']> {
    return acmeSettingsProblems(resolveAcmeSettings(this.#settings));
  }

  async handleWebhook(request: WebhookRequest, host: ProviderHost): Promise<WebhookResponse> {
    if (request.path !== CALL_PATH) return textResponse(404, 'Not found');
    if (request.method !== 'POST') return textResponse(405, 'Use POST');
    this.#verify(request);
    let webhook: AcmeWebhook;
    try {
      webhook = parseAcmeWebhook(request);
    } catch (error) {
      if (error instanceof TypeError) return textResponse(400, 'The webhook cannot be read');
      throw error;
    }
    switch (webhook.event) {
      case 'incoming': {
        const { callId, from, to } = webhook;
        const details = { provider: this.name };
        return createAcmeAnswer(
          await host.incomingCall({ providerCallId: callId, from, to, details }),
        );
      }
      case 'media-ended':
        return createAcmeAnswer(await host.mediaEnded(webhook.callId));
      case 'status':
        await host.callStatus({ providerCallId: webhook.callId, progress: webhook.progress });
        return NO_CONTENT;
      case 'other':
        return NO_CONTENT;
    }
  }

  /** The token in the path is checked by the phone. Add what Acme proves besides, if it does. */
  verifyMediaUpgrade(_request: MediaUpgradeRequest): void {}

  createMediaStream(
    ...[socket, options]: Parameters<TelephonyProvider['createMediaStream']>
  ): AcmeMediaStream {
    return new AcmeMediaStream(socket, options);
  }

  async hangUp(call: PhoneCall): Promise<void> {
    // Without an id Acme has never told of the call, and has nothing to hang up.
    if (call.providerCallId !== undefined) await this.#rest.hangUp(call.providerCallId);
  }

  async announceAndHangUp(call: PhoneCall, text: string): Promise<void> {
    if (call.providerCallId !== undefined) await this.#rest.announce(call.providerCallId, text);
  }

  #verify({ headers, rawBody }: WebhookRequest): void {
    const settings = resolveAcmeSettings(this.#settings);
    const { webhookSecret: secret } = settings;
    if (secret === undefined) throw new ConfigurationError(acmeSettingsProblems(settings));
    const signature = headerValue(headers, 'x-acme-signature');
    if (verifyAcmeSignature({ secret, signature, rawBody })) return;
    throw new WebhookVerificationError(
      "The webhook's signature is not Acme's: check ACME_WEBHOOK_SECRET.",
    );
  }
}
