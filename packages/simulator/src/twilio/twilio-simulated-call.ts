import type { CarrierCall, CarrierCallOptions } from '../carrier-call.ts';
import type { TwilioCallStatus } from './call-fields.ts';
import type { WebhookRecord } from './webhook-client.ts';

/** How a call is placed at the simulated Twilio. */
export interface TwilioCallOptions extends CarrierCallOptions {
  /** Fields that are sent with the voice webhook besides, or instead: `{ CallerName: 'ADA' }`. */
  readonly fields?: Readonly<Record<string, string>> | undefined;
}

/** One inbound call at the simulated Twilio; `providerCallId` is its call SID. */
export interface TwilioSimulatedCall extends CarrierCall {
  /** State at Twilio. */
  readonly status: TwilioCallStatus;
  /** Whole seconds from the answer to the end, as Twilio bills them; 0 where it was never answered. */
  readonly durationSeconds: number;
  /** All requests that were made to the server for this call, in order. */
  readonly webhooks: readonly WebhookRecord[];
}
