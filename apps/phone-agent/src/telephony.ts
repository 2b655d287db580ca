import type { AudioEncoding, SampleRate, TelephonyProvider } from '@phone-agents/core';
import type { LocalCarrier } from '@phone-agents/simulator';
import { createTelnyxCarrier, createTwilioCarrier } from '@phone-agents/simulator';
import { createTelnyxProvider } from '@phone-agents/telnyx';
import { createTwilioProvider } from '@phone-agents/twilio';
import type { TelephonySettings } from './telephony-settings.ts';

/** Who carries the calls. */
export interface Telephony {
  readonly provider: TelephonyProvider;
  readonly publicUrl: string | undefined;
  /** The stand-in of the provider; undefined on the live network. */
  readonly carrier: LocalCarrier | undefined;
}

export interface TelephonyOptions {
  /** Gives the simulated carrier's own announcements a voice, as 16-bit samples at the given rate. */
  readonly renderAnnouncement?:
    ((text: string, sampleRate: SampleRate) => Promise<Int16Array>) | undefined;
  /** Codec of the simulated caller's leg, where the carrier has several; default what the provider asks for. */
  readonly callerCodec?: AudioEncoding | undefined;
}

/** Makes the provider; on a simulated network with a carrier of its own, which listens on 127.0.0.1. */
export async function createTelephony(
  settings: TelephonySettings,
  options: TelephonyOptions = {},
): Promise<Telephony> {
  if (settings.network === 'simulated') return simulate(settings, options);
  const { network: _network, publicUrl, ...account } = settings;
  // All settings are read in one place, so the plugin reads none of them itself.
  const environment = {};
  const provider =
    account.provider === 'telnyx'
      ? createTelnyxProvider({ ...account, environment })
      : createTwilioProvider({ ...account, environment });
  return { provider, carrier: undefined, publicUrl };
}

async function simulate(
  settings: Extract<TelephonySettings, { network: 'simulated' }>,
  { renderAnnouncement, callerCodec }: TelephonyOptions,
): Promise<Telephony> {
  if (settings.provider === 'twilio') {
    const carrier = await createTwilioCarrier({
      renderAnnouncement: renderAnnouncement && ((text) => renderAnnouncement(text, 8_000)),
    });
    const provider = createTwilioProvider({ environment: carrier.environment });
    return { provider, carrier, publicUrl: undefined };
  }
  const { codec, l16ByteOrder } = settings;
  const carrier = await createTelnyxCarrier({
    renderAnnouncement,
    codec: callerCodec ?? codec,
    l16ByteOrder,
  });
  const provider = createTelnyxProvider({ environment: carrier.environment, codec, l16ByteOrder });
  return { provider, carrier, publicUrl: undefined };
}
