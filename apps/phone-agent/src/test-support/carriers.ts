import type { TelephonyProvider } from '@phone-agents/core';
import type { CarrierFaults, LocalCarrier } from '@phone-agents/simulator';
import { createTelnyxCarrier, createTwilioCarrier } from '@phone-agents/simulator';
import { createTelnyxProvider } from '@phone-agents/telnyx';
import { createTwilioProvider } from '@phone-agents/twilio';
import type { ProviderName } from '../telephony-settings.ts';

export interface CarrierOptions {
  readonly faults?: CarrierFaults | undefined;
  readonly seed?: number | undefined;
}

export interface CarrierSetup {
  readonly carrier: LocalCarrier;
  readonly provider: TelephonyProvider;
}

/** The carriers that tests run against, each with its provider: the tests know neither. */
export const CARRIERS: Readonly<
  Record<ProviderName, (options?: CarrierOptions) => Promise<CarrierSetup>>
> = {
  async twilio(options) {
    const carrier = await createTwilioCarrier({
      ...options,
      statusCallbacks: ['initiated', 'ringing', 'answered', 'completed'],
    });
    return { carrier, provider: createTwilioProvider({ environment: carrier.environment }) };
  },
  async telnyx(options) {
    const carrier = await createTelnyxCarrier(options);
    return { carrier, provider: createTelnyxProvider({ environment: carrier.environment }) };
  },
};

export const PROVIDER_NAMES = Object.keys(CARRIERS) as ProviderName[];
