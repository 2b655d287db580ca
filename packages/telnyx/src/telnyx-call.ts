import type { CallDetails, PhoneCall } from '@phone-agents/core';
import type { TelnyxPayload, TelnyxWebhook } from './telnyx-webhook.ts';
import { text } from './telnyx-webhook.ts';

/** A header of the call's SIP INVITE. */
export interface TelnyxHeader {
  readonly name: string;
  readonly value: string;
}

/** What Telnyx told of a call when it came in. Numbers, names, headers and `payload` are personal data: keep them out of logs. */
export interface TelnyxCallDetails extends CallDetails {
  readonly provider: 'telnyx';
  /** The leg, as commands name it: `v3:…` */
  readonly callControlId: string;
  /** The leg, as records name it. */
  readonly callLegId: string;
  /** Shared by legs that are connected. */
  readonly callSessionId: string;
  /** The Call Control application. */
  readonly connectionId: string;
  /** The caller's name, where the number has caller name lookup. */
  readonly callerName?: string | undefined;
  /** How sure the caller's number is, by STIR/SHAKEN: `A`, `B` or `C`. */
  readonly shakenStirAttestation?: string | undefined;
  /** Whether that attestation was verified. */
  readonly shakenStirValidated?: boolean | undefined;
  /** Headers of yours (`X-…`) that came with a SIP call. */
  readonly customHeaders: readonly TelnyxHeader[];
  /** Standard SIP headers: `User-to-User`, `Diversion`. */
  readonly sipHeaders: readonly TelnyxHeader[];
  /** All fields of the event, those unknown to this package too. */
  readonly payload: TelnyxPayload;
}

/** Tells whether a call is carried by Telnyx, so that its `details` can be read. */
export function isTelnyxCall(call: PhoneCall): call is PhoneCall<TelnyxCallDetails> {
  return call.provider === 'telnyx' && call.details.provider === 'telnyx';
}

export function telnyxCallDetails(
  callControlId: string,
  webhook: TelnyxWebhook,
): TelnyxCallDetails {
  const { payload } = webhook;
  const validated = payload['shaken_stir_validated'];
  return {
    provider: 'telnyx',
    callControlId,
    callLegId: webhook.callLegId ?? '',
    callSessionId: webhook.callSessionId ?? '',
    connectionId: webhook.connectionId ?? '',
    callerName: text(payload['caller_id_name']),
    shakenStirAttestation: text(payload['shaken_stir_attestation']),
    shakenStirValidated: typeof validated === 'boolean' ? validated : undefined,
    customHeaders: headers(payload['custom_headers']),
    sipHeaders: headers(payload['sip_headers']),
    payload,
  };
}

function headers(value: unknown): TelnyxHeader[] {
  if (!Array.isArray(value)) return [];
  return value.filter((header: unknown): header is TelnyxHeader => {
    const { name, value: content } = (header ?? {}) as Record<string, unknown>;
    return typeof name === 'string' && typeof content === 'string';
  });
}
