import type { ConfigurationProblem } from '@phone-agents/core';
import type { TelnyxCodec } from '@phone-agents/telnyx';
import { z } from 'zod';
import { choice, demanded, publicAddress, standInAddress } from './setting-types.ts';

/** A Twilio account, and the number that belongs to it. */
export interface TwilioSettings {
  readonly provider: 'twilio';
  readonly accountSid: string;
  readonly authToken: string;
  /** An API key and its secret, for REST instead of the auth token. */
  readonly apiKeySid?: string | undefined;
  readonly apiKeySecret?: string | undefined;
  readonly phoneNumber?: string | undefined;
  readonly apiBaseUrl?: string | undefined;
}

/** How audio goes to and from Telnyx. */
export interface TelnyxAudioSettings {
  readonly codec?: TelnyxCodec | undefined;
  readonly l16ByteOrder?: 'little-endian' | 'big-endian' | undefined;
}

/** A Telnyx account, and the number that belongs to it. */
export interface TelnyxSettings extends TelnyxAudioSettings {
  readonly provider: 'telnyx';
  readonly apiKey: string;
  readonly publicKey: string;
  readonly callControlAppId?: string | undefined;
  readonly phoneNumber?: string | undefined;
  readonly apiBaseUrl?: string | undefined;
}

/** Who carries the calls, and over which network. */
export type TelephonySettings =
  | ((TwilioSettings | TelnyxSettings) & { readonly network: 'live'; readonly publicUrl: string })
  | { readonly network: 'simulated'; readonly provider: 'twilio' }
  | ({ readonly network: 'simulated'; readonly provider: 'telnyx' } & TelnyxAudioSettings);

export type ProviderName = TelephonySettings['provider'];

const phoneNumber = z
  .string()
  .regex(/^\+[1-9]\d{4,14}$/, {
    error: 'must be a plus, the country code and digits only: +12025550123',
  })
  .optional();

/** The settings of the environment that are about telephony. */
export const telephonyShape = {
  PHONE_PROVIDER: choice(['twilio', 'telnyx']).optional(),
  PHONE_NETWORK: choice(['live', 'simulated']).optional(),
  PUBLIC_URL: publicAddress.optional(),
  NGROK_URL: publicAddress.optional(),
  TWILIO_ACCOUNT_SID: z
    .string()
    .regex(/^AC[0-9a-f]{32}$/i, {
      error: 'must be AC and 32 characters of 0-9 and a-f, as the Twilio console shows it',
    })
    .optional(),
  TWILIO_AUTH_TOKEN: z.string().optional(),
  TWILIO_API_KEY: z.string().optional(),
  TWILIO_API_SECRET: z.string().optional(),
  TWILIO_PHONE_NUMBER: phoneNumber,
  TWILIO_API_BASE_URL: standInAddress,
  TELNYX_API_KEY: z.string().optional(),
  TELNYX_PUBLIC_KEY: z.string().optional(),
  TELNYX_CALL_CONTROL_APP_ID: z
    .string()
    .regex(/^\d{1,30}$/, { error: 'must be digits only, as the Telnyx portal shows it' })
    .optional(),
  TELNYX_PHONE_NUMBER: phoneNumber,
  TELNYX_API_BASE_URL: standInAddress,
  TELNYX_CODEC: z
    .string()
    .toUpperCase()
    .pipe(z.enum(['PCMU', 'PCMA', 'L16'], { error: 'must be PCMU or PCMA or L16' }))
    .optional(),
  TELNYX_L16_BYTE_ORDER: choice(['little-endian', 'big-endian']).optional(),
};

type TelephonyEnvironment = z.infer<z.ZodObject<typeof telephonyShape>>;
type Texts = Readonly<Record<string, string | undefined>>;

/** What each provider cannot do without, and what to do about it. */
const CREDENTIALS: Readonly<Record<ProviderName, readonly ConfigurationProblem[]>> = {
  twilio: [
    {
      setting: 'TWILIO_ACCOUNT_SID',
      problem: 'is missing; copy the Account SID from the Twilio console',
    },
    {
      setting: 'TWILIO_AUTH_TOKEN',
      problem: 'is missing; copy the auth token from the Twilio console',
    },
  ],
  telnyx: [
    {
      setting: 'TELNYX_API_KEY',
      problem: 'is missing; make an API key (KEY…) in the Telnyx portal under API Keys',
    },
    {
      setting: 'TELNYX_PUBLIC_KEY',
      problem: 'is missing; copy the public key from the Telnyx portal under API Keys',
    },
  ],
};

/** Whom the environment names; where it names nobody, whose credentials are set; else Twilio. */
function chooseProvider(texts: Texts): ProviderName {
  const chosen = texts['PHONE_PROVIDER']?.toLowerCase();
  if (chosen === 'telnyx' || chosen === 'twilio') return chosen;
  return hasCredentials(texts, 'telnyx') && !hasCredentials(texts, 'twilio') ? 'telnyx' : 'twilio';
}

/** `live` where any credential is set: half of them is a mistake to be told, not a wish to simulate. */
function chooseNetwork(texts: Texts): string {
  const chosen = texts['PHONE_NETWORK']?.toLowerCase();
  if (chosen !== undefined) return chosen;
  return hasCredentials(texts, chooseProvider(texts)) ? 'live' : 'simulated';
}

function hasCredentials(texts: Texts, provider: ProviderName): boolean {
  return CREDENTIALS[provider].some(({ setting }) => texts[setting] !== undefined);
}

/** What is missing for the network and the provider that are chosen. */
export function problemsOfTelephony(texts: Texts): ConfigurationProblem[] {
  if (chooseNetwork(texts) !== 'live') return [];
  const provider = chooseProvider(texts);
  const problems = CREDENTIALS[provider].filter(({ setting }) => texts[setting] === undefined);
  if (texts['PUBLIC_URL'] === undefined && texts['NGROK_URL'] === undefined) {
    const problem = 'is missing; put the address there at which the provider reaches this server';
    problems.push({ setting: 'PUBLIC_URL', problem });
  }
  return problems;
}

/** Makes the settings of what was read and found complete. @param texts The same, as it was set. */
export function telephonyOf(environment: TelephonyEnvironment, texts: Texts): TelephonySettings {
  const provider = chooseProvider(texts);
  const audio: TelnyxAudioSettings = {
    codec: environment.TELNYX_CODEC,
    l16ByteOrder: environment.TELNYX_L16_BYTE_ORDER,
  };
  if (chooseNetwork(texts) === 'simulated') {
    const network = 'simulated';
    return provider === 'telnyx' ? { network, provider, ...audio } : { network, provider };
  }
  const live = {
    network: 'live',
    publicUrl: demanded(environment.PUBLIC_URL ?? environment.NGROK_URL),
  } as const;
  if (provider === 'telnyx') {
    return {
      ...live,
      provider,
      apiKey: demanded(environment.TELNYX_API_KEY),
      publicKey: demanded(environment.TELNYX_PUBLIC_KEY),
      callControlAppId: environment.TELNYX_CALL_CONTROL_APP_ID,
      phoneNumber: environment.TELNYX_PHONE_NUMBER,
      apiBaseUrl: environment.TELNYX_API_BASE_URL,
      ...audio,
    };
  }
  return {
    ...live,
    provider,
    accountSid: demanded(environment.TWILIO_ACCOUNT_SID),
    authToken: demanded(environment.TWILIO_AUTH_TOKEN),
    apiKeySid: environment.TWILIO_API_KEY,
    apiKeySecret: environment.TWILIO_API_SECRET,
    phoneNumber: environment.TWILIO_PHONE_NUMBER,
    apiBaseUrl: environment.TWILIO_API_BASE_URL,
  };
}
