import type { CallRecording } from '../calls/call-control.ts';
import type { CallLookup, CallProgress } from '../calls/call-lookup.ts';
import type { MachineDetected } from '../calls/machine-detection.ts';
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

/** What a provider reports of a call that is under way. */
export interface CallStatusReport {
  readonly providerCallId: string;
  /** Our own id, where the report carries it: it finds a call whose provider's id never reached us. */
  readonly callId?: string | undefined;
  readonly progress: CallProgress;
  /** The provider's own cause or code. */
  readonly providerCause?: string | undefined;
  /** From answer to end, in ms, where a final report says. */
  readonly durationMs?: number | undefined;
}

/** What a provider's machine detection reports. */
export interface MachineReport extends MachineDetected {
  readonly providerCallId: string;
  /** Our own id, where the report carries it. */
  readonly callId?: string | undefined;
}

/** A recording that a provider has finished, which it may report after the call's end. */
export interface RecordingReport extends Omit<CallRecording, 'by'> {
  /** The provider's id of the call, where the report carries it. */
  readonly providerCallId?: string | undefined;
  /** Our own id, where the report carries it. */
  readonly callId?: string | undefined;
}

/** A call to place. */
export interface DialRequest {
  /** Whom to call from which number; its `id` is to come back in every report. */
  readonly call: PhoneCall;
  /** What the call's audio is connected with when it is answered. */
  readonly mediaUrl: string;
  /** How long it rings, in ms. */
  readonly ringTimeoutMs: number;
  /** When the provider ends it, in ms from the answer, should we fail to. */
  readonly maxDurationMs?: number | undefined;
  /** Whether to tell a person from a machine, and to wait for the end of its greeting. */
  readonly machineDetection: 'off' | 'detect' | 'greeting-end';
  /** Whether the provider records the call. */
  readonly record: boolean;
}

/** Keys to send to the other side of a call. */
export interface DigitsRequest {
  readonly call: PhoneCall;
  /** `0` to `9`, `*`, `#`, `A` to `D`, and `w` for half a second's pause. */
  readonly digits: string;
  /**
   * Where the provider has to interrupt the media stream: gives the address of the stream that goes on
   * after the digits, and prepares the call for the change.
   */
  readonly restartMedia: () => Promise<string>;
}

/** A call to hand over to a number, without asking whoever answers there. */
export interface TransferRequest {
  readonly call: PhoneCall;
  /** E.164. */
  readonly to: string;
  /** How long it rings there, in ms. */
  readonly ringTimeoutMs: number;
  /** How long both may talk, in ms; absent: for as long as the provider lets them. */
  readonly maxDurationMs?: number | undefined;
}

/** Two calls of ours whose other sides are to talk to each other. */
export interface ConnectRequest {
  readonly call: PhoneCall;
  readonly target: PhoneCall;
  /** How long they may talk, in ms; absent: for as long as the provider lets them. */
  readonly maxDurationMs?: number | undefined;
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
  /** The provider says who has picked up. */
  machineDetected(report: MachineReport): Promise<void>;
  /** A recording is finished. */
  recordingFinished(report: RecordingReport): Promise<void>;
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
  /** Number that calls are placed from where none is given. */
  readonly phoneNumber?: string | undefined;
  /** How many calls a second the provider places; default 1. More wait their turn. */
  readonly callsPerSecond?: number | undefined;
  /**
   * Places a call; absent where the plugin cannot. Resolves when the provider has taken it, long before
   * anybody answers.
   *
   * @throws ProviderRequestError; without `status`, or with 408 or one of 500 and above, the call may
   * have been placed all the same.
   */
  dial?(request: DialRequest, host: ProviderHost): Promise<{ readonly providerCallId: string }>;
  /**
   * Looks for a call that was placed but whose id never reached us.
   *
   * @returns its id, or undefined where there is none to be found
   * @throws ProviderRequestError
   */
  findDialled?(call: PhoneCall, host: ProviderHost): Promise<string | undefined>;
  /**
   * The provider's record of a call: asked where reports seem lost, and by `call.lookUp()`.
   *
   * @throws ProviderRequestError
   */
  lookUp?(call: PhoneCall, host: ProviderHost): Promise<CallLookup>;
  /** Sends keys; resolves when the provider has taken them over. @throws ProviderRequestError */
  sendDigits?(request: DigitsRequest, host: ProviderHost): Promise<void>;
  /**
   * Hands a call over to a number. Resolves when the provider has taken it over; the media stream ends
   * then.
   *
   * @throws ProviderRequestError; the call is as it was then.
   */
  transfer?(request: TransferRequest, host: ProviderHost): Promise<void>;
  /**
   * Connects two calls with each other; both media streams end. When either side hangs up, so does the
   * provider on the other. A failure may leave `call` without its stream: {@link resumeMedia} follows.
   *
   * @throws ProviderRequestError; neither call is connected then.
   */
  connectCalls?(request: ConnectRequest, host: ProviderHost): Promise<void>;
  /** Opens a media stream of a live call anew. @throws ProviderRequestError */
  resumeMedia?(call: PhoneCall, mediaUrl: string, host: ProviderHost): Promise<void>;
  /** Begins to record. @throws ProviderRequestError */
  startRecording?(
    call: PhoneCall,
    options: { readonly channels: 'mono' | 'stereo' },
    host: ProviderHost,
  ): Promise<void>;
  /** Ends what {@link startRecording} began. @throws ProviderRequestError */
  stopRecording?(call: PhoneCall, host: ProviderHost): Promise<void>;
}
