import type { SimulatedCarrier } from '@phone-agents/core/testing';
import type { CarrierCall, CarrierCallOptions } from './carrier-call.ts';

/** Where calls go. */
export interface CarrierNumberSettings {
  /** The server: its base address (`http://127.0.0.1:8000`), or the webhook for incoming calls itself. */
  readonly webhookUrl: string;
  /**
   * The address that the server believes it has, when that is not the one in `webhookUrl`: addresses
   * that begin with it are looked for at `webhookUrl`'s host.
   */
  readonly publicUrl?: string | undefined;
}

/** A carrier on this machine, whichever company it stands in for. */
export interface LocalCarrier extends SimulatedCarrier {
  /** Where other processes of this machine place calls at it, `http://127.0.0.1:<port>`. */
  readonly controlUrl: string;
  /** The number that is called by default. */
  readonly to: string;
  /** All that a server under test needs in its environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Calls that have not ended. */
  readonly activeCalls: readonly CarrierCall[];
  /**
   * Says where calls go; for servers that start after the carrier. Calls that are under way keep what
   * they began with.
   *
   * @throws ConfigurationError where an address cannot be used.
   */
  configureNumber(settings: CarrierNumberSettings): void;
  /**
   * Places a call. Resolves at once, while it rings.
   *
   * @throws ConfigurationError while no address of a server is known.
   */
  placeCall(options?: CarrierCallOptions): Promise<CarrierCall>;
}
