import type { CallDetails, PhoneCall } from '../calls/phone-call.ts';
import type { CallRegistry } from '../calls/call-registry.ts';
import type { Clock } from '../clock/clock.ts';
import type { ConfigurationProblem } from '../errors.ts';
import type { Logger } from '../logging/logger.ts';
import type { MediaSocket } from '../media/media-socket.ts';
import type { PhoneMediaStream, PhoneMediaStreamOptions } from '../media/phone-media-stream.ts';
import type { PublicUrl } from '../phone/public-url.ts';
import type { MediaUpgradeRequest, WebhookRequest, WebhookResponse } from '../phone/webhook.ts';

/** A call that has come in, as a provider reports it. */
export interface IncomingCallReport {
  readonly providerCallId: string;
  readonly from: string;
  readonly to: string;
  readonly details: CallDetails;
}

/** What to do with a call next; providers put it into their own words. */
export type CallAnswer =
  /** Connect the call's audio with `mediaUrl`. */
  | { readonly action: 'stream'; readonly call: PhoneCall; readonly mediaUrl: string }
  /** Decline it before it is answered. */
  | { readonly action: 'reject'; readonly reason: 'busy' | 'rejected' }
  /** Send it to another number (E.164). */
  | { readonly action: 'forward'; readonly to: string }
  /** Say a sentence, then hang up. */
  | { readonly action: 'announce'; readonly text: string }
  | { readonly action: 'hang-up' };

/** Progress of a call at the provider. The last five are final. */
export type CallProgress =
  'initiated' | 'ringing' | 'answered' | 'completed' | 'busy' | 'no-answer' | 'canceled' | 'failed';

export interface CallStatusReport {
  readonly providerCallId: string;
  readonly progress: CallProgress;
  /** The provider's own cause or code. */
  readonly providerCause?: string | undefined;
}

/** What a phone offers to its provider while that handles a request. */
export interface ProviderHost {
  /** @throws ConfigurationError while no public address is known. */
  readonly publicUrl: PublicUrl;
  readonly calls: CallRegistry;
  readonly clock: Clock;
  readonly logger: Logger;
  /**
   * A call has come in. Registers it, asks `answer`, and resolves when the provider should answer:
   * when the agent is ready, or has rung long enough. A repeated report gets the same answer and
   * makes no second agent. Never rejects.
   */
  incomingCall(report: IncomingCallReport): Promise<CallAnswer>;
  /**
   * The provider's media stream is over and it asks how to go on. Answers by the call's state: a new
   * stream where the socket was lost, an apology where we failed, else a hang-up. Never rejects.
   */
  mediaEnded(providerCallId: string): Promise<CallAnswer>;
  /** The provider reports progress; late, lost and repeated reports do no harm. */
  callStatus(report: CallStatusReport): Promise<void>;
  /** A key was pressed, reported by webhook. */
  digitReceived(providerCallId: string, digit: string): Promise<void>;
}

/** A webhook address that the user enters at the provider. */
export interface ProviderWebhook {
  /** Path below the phone's public address: `/twilio/voice`. */
  readonly path: string;
  /** What the provider sends there, in a few words. */
  readonly purpose: string;
}

/**
 * What a telephony plugin implements. It holds no call's state: calls live in the registry, audio in
 * media streams. Each operation gets the phone as `host`, so one provider can serve several phones.
 */
export interface TelephonyProvider {
  /** Lower-case name; the first part of all its paths. */
  readonly name: string;
  /** The webhooks that the user has to enter at the provider. */
  readonly webhooks: readonly ProviderWebhook[];
  /**
   * How long after a media socket has closed the provider may dial the same address again, in ms;
   * absent: it never does, and a token opens one socket only.
   */
  readonly mediaRedialWithinMs?: number | undefined;
  /** What is missing or wrong in its settings; empty when it can work. Reads keys lazily. */
  checkSettings(): readonly ConfigurationProblem[];
  /** Loads what takes time (an SDK), before the first call. Repeatable. */
  prepare?(): Promise<void>;
  /**
   * Handles one webhook: verifies it over its raw bytes, reports what it says to `host`, answers.
   *
   * @throws WebhookVerificationError where it is not the provider's.
   */
  handleWebhook(request: WebhookRequest, host: ProviderHost): Promise<WebhookResponse>;
  /**
   * Checks what the provider proves at the upgrade, beyond the token in the path.
   *
   * @throws MediaAdmissionError where it is not the provider's.
   */
  verifyMediaUpgrade(request: MediaUpgradeRequest, host: ProviderHost): void;
  /** Speaks the provider's media protocol on a socket that was admitted. */
  createMediaStream(socket: MediaSocket, options: PhoneMediaStreamOptions): PhoneMediaStream;
  /**
   * Hangs up. A call that is gone already counts as hung up.
   *
   * @throws ProviderRequestError
   */
  hangUp(call: PhoneCall, host: ProviderHost): Promise<void>;
  /**
   * Says a sentence to the caller, then hangs up. Resolves when the provider has taken it over.
   *
   * @throws ProviderRequestError
   */
  announceAndHangUp(call: PhoneCall, text: string, host: ProviderHost): Promise<void>;
}
