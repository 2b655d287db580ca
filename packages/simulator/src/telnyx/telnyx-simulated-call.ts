import type { AudioEncoding } from '@phone-agents/core';
import type { CarrierCall, CarrierCallOptions } from '../carrier-call.ts';
import type { TelnyxWebhookRecord } from './webhook-client.ts';

/** How a call is placed at the simulated Telnyx. */
export interface TelnyxCallOptions extends CarrierCallOptions {
  /** Codec of the caller's leg: what the server gets; default the carrier's. */
  readonly codec?: AudioEncoding | undefined;
  /** Fields of `call.initiated` besides, or instead: `{ caller_id_name: 'ADA' }`. */
  readonly fields?: Readonly<Record<string, unknown>> | undefined;
}

/** State of a leg: `parked` while it rings and waits for a command, `bridging` while the called phone rings. */
export type TelnyxCallState = 'parked' | 'bridging' | 'answered' | 'hangup';

/** One call at the simulated Telnyx; `providerCallId` is its call control id. */
export interface TelnyxSimulatedCall extends CarrierCall {
  readonly callLegId: string;
  readonly callSessionId: string;
  readonly state: TelnyxCallState;
  /** Codec of the caller's leg. */
  readonly codec: AudioEncoding;
  /** What the last command attached, in base64; null where none has. */
  readonly clientState: string | null;
  /** All requests that were made to the server for this call, in order. */
  readonly webhooks: readonly TelnyxWebhookRecord[];
}
