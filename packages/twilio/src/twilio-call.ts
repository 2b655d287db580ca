import type { CallDetails, PhoneCall } from '@phone-agents/core';
import type { TwilioParameters } from './twilio-signature.ts';
import type { TwilioWebhook } from './twilio-webhook.ts';

/** What Twilio told of a call when it came in. Numbers, names and `fields` are personal data: keep them out of logs. */
export interface TwilioCallDetails extends CallDetails {
  readonly provider: 'twilio';
  /** `AC…`; a subaccount's where the number belongs to one. */
  readonly accountSid: string;
  /** `CA…` */
  readonly callSid: string;
  /** With caller name lookup only. */
  readonly callerName?: string | undefined;
  /** The number that the caller dialled, where another line was forwarded to yours. */
  readonly forwardedFrom?: string | undefined;
  /** How sure the caller's number is, by STIR/SHAKEN: `TN-Validation-Passed-A`. */
  readonly stirVerstat?: string | undefined;
  /** All fields of the webhook, those unknown to this package too. */
  readonly fields: TwilioParameters;
}

/** Tells whether a call is carried by Twilio, so that its `details` can be read. */
export function isTwilioCall(call: PhoneCall): call is PhoneCall<TwilioCallDetails> {
  return call.provider === 'twilio' && call.details.provider === 'twilio';
}

export function twilioCallDetails(callSid: string, webhook: TwilioWebhook): TwilioCallDetails {
  return {
    provider: 'twilio',
    accountSid: webhook.accountSid ?? '',
    callSid,
    callerName: webhook.callerName,
    forwardedFrom: webhook.forwardedFrom,
    stirVerstat: webhook.stirVerstat,
    fields: webhook.fields,
  };
}
