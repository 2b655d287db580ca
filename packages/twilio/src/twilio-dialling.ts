import type {
  CallLookup,
  CallProgress,
  DialRequest,
  PhoneCall,
  ProviderHost,
} from '@phone-agents/core';
import type { TwilioCallRecord, TwilioRest } from './twilio-rest.ts';
import { createMediaStreamTwiml } from './twiml.ts';

export const CONNECT_ACTION_PATH = '/twilio/connect-action';
export const DIAL_ACTION_PATH = '/twilio/dial-action';
export const STREAM_STATUS_PATH = '/twilio/stream-status';
export const STATUS_PATH = '/twilio/status';
export const MACHINE_PATH = '/twilio/machine';
export const RECORDING_PATH = '/twilio/recording';

const MACHINE_DETECTION = {
  detect: 'Enable',
  'greeting-end': 'DetectMessageEnd',
  off: undefined,
} as const;
/** A call found by REST was placed no earlier than ours was asked for, but for clocks that differ. */
const CLOCK_TOLERANCE_MS = 5_000;

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
/** SIP "Decline", "Unwanted" and "Rejected" (RFC 3261, 8197, 8688): Twilio has no status of its own for them. */
const DECLINED: ReadonlySet<string | undefined> = new Set(['603', '607', '608']);

/** Progress by Twilio's call status, and the SIP code where it is told; undefined for one that is unknown. */
export function twilioProgress(
  status: string | undefined,
  sipResponseCode?: string,
): CallProgress | undefined {
  const progress = PROGRESS.get(status ?? '');
  const isUnanswered = progress === 'busy' || progress === 'failed' || progress === 'no-answer';
  return isUnanswered && DECLINED.has(sipResponseCode) ? 'rejected' : progress;
}

/** An address of ours that tells which call it is about. */
export function callbackUrl(host: ProviderHost, path: string, call: PhoneCall): string {
  return host.publicUrl.http(`${path}?call=${call.id}`);
}

/**
 * The TwiML that connects a call's audio with us, with the callbacks that this plugin answers.
 *
 * @param digits Keys that are sent to the other side before.
 */
export function streamTwiml(mediaUrl: string, host: ProviderHost, digits?: string): string {
  return createMediaStreamTwiml(mediaUrl, {
    digits,
    actionUrl: host.publicUrl.http(CONNECT_ACTION_PATH),
    statusCallbackUrl: host.publicUrl.http(STREAM_STATUS_PATH),
  });
}

/** Calls out by Twilio's REST interface, and looks up what became of it. */
export class TwilioDialling {
  readonly #rest: TwilioRest;

  constructor(rest: TwilioRest) {
    this.#rest = rest;
  }

  async dial(request: DialRequest, host: ProviderHost): Promise<{ providerCallId: string }> {
    const { call, machineDetection, maxDurationMs, mediaUrl, record, ringTimeoutMs } = request;
    const detection = MACHINE_DETECTION[machineDetection];
    const providerCallId = await this.#rest.placeCall({
      to: call.to,
      from: call.from,
      twiml: streamTwiml(mediaUrl, host),
      timeout: wholeSeconds(ringTimeoutMs),
      timeLimit: maxDurationMs === undefined ? undefined : wholeSeconds(maxDurationMs),
      statusCallback: callbackUrl(host, STATUS_PATH, call),
      statusCallbackEvent: ['initiated', 'ringing', 'answered', 'completed'],
      ...(detection === undefined
        ? {}
        : {
            machineDetection: detection,
            // Synchronous detection would leave who has answered in silence.
            asyncAmd: 'true',
            asyncAmdStatusCallback: callbackUrl(host, MACHINE_PATH, call),
          }),
      ...(record ? { record: true, ...recordingOptions(call, 'stereo', host) } : {}),
    });
    return { providerCallId };
  }

  /** Twilio keeps none of our ids: a call is ours when it is the only one that fits and is nobody else's. */
  async findDialled(call: PhoneCall, host: ProviderHost): Promise<string | undefined> {
    const calls = await this.#rest.listCalls(call.to, call.from);
    const earliestMs = call.createdAtMs - CLOCK_TOLERANCE_MS;
    const candidates = calls.filter(
      ({ callSid, createdAtMs, direction }) =>
        direction === 'outbound-api' &&
        createdAtMs >= earliestMs &&
        host.calls.findByProviderCallId('twilio', callSid) === undefined,
    );
    return candidates.length === 1 ? candidates[0]!.callSid : undefined;
  }

  async lookUp(call: PhoneCall): Promise<CallLookup> {
    return lookupOf(await this.#rest.fetchCall(call.providerCallId ?? ''));
  }
}

/** How Twilio is to record a call, and where it tells of that. */
export function recordingOptions(
  call: PhoneCall,
  channels: 'mono' | 'stereo' | undefined,
  host: ProviderHost,
) {
  return {
    recordingChannels: channels === 'mono' ? 'mono' : 'dual',
    recordingStatusCallback: callbackUrl(host, RECORDING_PATH, call),
    recordingStatusCallbackEvent: ['completed', 'absent'],
  };
}

function lookupOf({ durationSeconds, price, priceUnit, status }: TwilioCallRecord): CallLookup {
  const progress = twilioProgress(status) ?? 'initiated';
  const amount = Number(price);
  return {
    progress,
    providerCause: status,
    durationMs: durationSeconds === undefined ? undefined : durationSeconds * 1000,
    // Twilio tells what is taken from the account, as a negative amount.
    cost:
      price === undefined || !Number.isFinite(amount)
        ? undefined
        : { amount: Math.abs(amount), currency: (priceUnit ?? 'USD').toUpperCase() },
  };
}

function wholeSeconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000));
}
