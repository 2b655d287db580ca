import type { TelephonyProvider } from '@phone-agents/core';
import type { TwilioCarrier } from '@phone-agents/simulator';
import { createTwilioCarrier } from '@phone-agents/simulator';
import { createTwilioProvider } from '@phone-agents/twilio';
import type { TelephonySettings } from './settings.ts';

/** Who carries the calls. */
export interface Telephony {
  readonly provider: TelephonyProvider;
  readonly publicUrl: string | undefined;
  /** The stand-in of the provider; undefined on the live network. */
  readonly carrier: TwilioCarrier | undefined;
}

export interface TelephonyOptions {
  /** Gives the simulated carrier's own announcements a voice, as 16-bit samples at 8 kHz. */
  readonly renderAnnouncement?: ((text: string) => Promise<Int16Array>) | undefined;
}

/** Makes the provider; on a simulated network with a carrier of its own, which listens on 127.0.0.1. */
export async function createTelephony(
  settings: TelephonySettings,
  options: TelephonyOptions = {},
): Promise<Telephony> {
  if (settings.network === 'simulated') {
    const carrier = await createTwilioCarrier({ renderAnnouncement: options.renderAnnouncement });
    const provider = createTwilioProvider({ environment: carrier.environment });
    return { provider, carrier, publicUrl: undefined };
  }
  const { network: _network, provider: _provider, publicUrl, ...twilio } = settings;
  // All settings are read in one place, so the plugin reads none of them itself.
  const provider = createTwilioProvider({ ...twilio, environment: {} });
  return { provider, carrier: undefined, publicUrl };
}
