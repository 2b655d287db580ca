import type { AudioEncoding, ByteOrder, Clock } from '@phone-agents/core';
import type { DialOutcome } from '../dial-outcome.ts';
import type { CarrierFaults } from '../faults.ts';
import type { AnnouncementRenderer } from './call-speech.ts';
import type { TelnyxNumberSettings } from './telnyx-number-settings.ts';

/** Settings of `createTelnyxCarrier`; all have defaults. */
export interface TelnyxCarrierOptions extends Partial<TelnyxNumberSettings> {
  /** Default: random, fresh for every carrier. */
  readonly apiKey?: string | undefined;
  /** Base64 of the 32 bytes that webhooks are signed with; default: random, fresh for every carrier. */
  readonly privateKey?: string | undefined;
  /** Id of the Call Control application; default: random, fresh for every carrier. */
  readonly connectionId?: string | undefined;
  /** Port of the REST stand-in on 127.0.0.1; default any free one. */
  readonly port?: number | undefined;
  /** Default: the machine's clock. */
  readonly clock?: Clock | undefined;
  /** Number that is called by default; default `+15005550006`. */
  readonly to?: string | undefined;
  /** Number that calls by default; default a new invented one for each call. */
  readonly from?: string | undefined;
  /**
   * Codec of the caller's leg: what the server gets, whatever `stream_codec` asks for; default `PCMU`.
   * `PCMA` is usual in Europe; `L16` is 16 kHz. What the server sends is read by what it asked for.
   */
  readonly codec?: AudioEncoding | undefined;
  /** Which byte of an L16 sample comes first, both ways; default `little-endian`. */
  readonly l16ByteOrder?: ByteOrder | undefined;
  /** Dial the address of a media socket again when it is lost; default true, as Telnyx's `enableReconnect`. */
  readonly redialMedia?: boolean | undefined;
  /** How long a call rings before it is given up, in ms; default 60,000. */
  readonly ringTimeoutMs?: number | undefined;
  /** How it misbehaves; default not at all. */
  readonly faults?: CarrierFaults | undefined;
  /** What faults depend on; default 1. */
  readonly seed?: number | undefined;
  /** Keep both directions of each call for `recording()`; default true. 32 kB a second and call, twice that for L16. */
  readonly record?: boolean | undefined;
  /** How fast the carrier's voice reads, where nobody renders its words; default 15. */
  readonly sayCharactersPerSecond?: number | undefined;
  /** Renders what the carrier says, as 16-bit samples at the rate that it is given; default a quiet hum of fitting length. */
  readonly renderAnnouncement?: AnnouncementRenderer | undefined;
  /** How the phone at a number behaves to which a call is transferred; default: it takes the call. */
  readonly dialOutcome?: ((number: string) => DialOutcome) | undefined;
  /** Told when a listener of yours threw; default: the error becomes an uncaught exception. */
  readonly onListenerError?: ((error: unknown) => void) | undefined;
}
