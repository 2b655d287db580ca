import type { ProviderName } from '../telephony-settings.ts';

const PROVIDERS = ['twilio', 'telnyx'] as const satisfies readonly ProviderName[];
const CODECS = ['PCMU', 'PCMA', 'L16'] as const;

/** Who carries the demo's call, and what the caller's line is like. */
export interface DemoLine {
  readonly provider: ProviderName;
  readonly callerCodec: (typeof CODECS)[number];
}

/**
 * Reads what was asked for on the command line.
 *
 * @throws RangeError where there is no such line.
 */
export function demoLine(provider = 'twilio', codec = 'PCMU'): DemoLine {
  const name = PROVIDERS.find((one) => one === provider.toLowerCase());
  const callerCodec = CODECS.find((one) => one === codec.toUpperCase());
  if (!name)
    throw new RangeError(`There is no provider "${provider}": use ${PROVIDERS.join(' or ')}.`);
  if (!callerCodec) throw new RangeError(`There is no codec "${codec}": use ${CODECS.join(', ')}.`);
  if (name === 'twilio' && callerCodec !== 'PCMU') {
    throw new RangeError('Calls at Twilio have PCMU: use --codec with --provider telnyx.');
  }
  return { provider: name, callerCodec };
}

/**
 * The app's settings for a call on that line. What is sent to the caller stays PCMU where the line is
 * PCMA, for the two directions need not be alike; a line of L16 has it both ways.
 */
export function lineEnvironment({ provider, callerCodec }: DemoLine): Record<string, string> {
  return {
    PHONE_NETWORK: 'simulated',
    PHONE_PROVIDER: provider,
    ...(callerCodec === 'L16' ? { TELNYX_CODEC: callerCodec } : {}),
  };
}
