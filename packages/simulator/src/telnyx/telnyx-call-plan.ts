import type { AudioEncoding, ByteOrder, Clock } from '@phone-agents/core';
import type { SimulatedPhone } from '@phone-agents/core/testing';
import type { CarrierCallProgress } from '../carrier-call.ts';
import type { DialOutcome } from '../dial-outcome.ts';
import type { CarrierFaults } from '../faults.ts';
import type { FrameTicker } from '../line/frame-ticker.ts';
import type { NetworkRoute } from '../network-route.ts';
import type { AnnouncementRenderer } from './call-speech.ts';
import type { RedialPolicy } from './call-streams.ts';
import type { DialRequest } from './dial-request.ts';
import type { EventLog } from './event-log.ts';
import type { TelnyxCall } from './telnyx-call.ts';
import type { TelnyxWebhookClient, WebhookTarget } from './webhook-client.ts';

/** What a {@link TelnyxCall} gets from its carrier. */
export interface TelnyxCallContext {
  readonly clock: Clock;
  readonly ticker: FrameTicker;
  readonly client: TelnyxWebhookClient;
  readonly userId: string;
  readonly route: NetworkRoute;
  readonly faults: CarrierFaults;
  readonly l16ByteOrder: ByteOrder;
  readonly redial: RedialPolicy;
  readonly ringTimeoutMs: number;
  readonly sayCharactersPerSecond: number;
  readonly renderAnnouncement: AnnouncementRenderer | undefined;
  readonly dialOutcome: (number: string) => DialOutcome;
  readonly eventLog: EventLog;
  readonly onListenerError: (error: unknown) => void;
  readonly onEnded: (call: TelnyxCall) => void;
}

/** What is special about one call. */
export interface TelnyxCallPlan {
  readonly from: string;
  readonly to: string;
  readonly codec: AudioEncoding;
  readonly connectionId: string;
  readonly target: WebhookTarget;
  readonly fields: Readonly<Record<string, unknown>>;
  /** The server's request to place the call, and the phone that it calls; absent where the phone calls. */
  readonly outbound?: { readonly request: DialRequest; readonly phone: SimulatedPhone } | undefined;
  readonly seed: number;
  readonly record: boolean;
  readonly onProgress: ((progress: CarrierCallProgress) => void) | undefined;
}
