import type { ConfigurationProblem } from '@phone-agents/core';
import { ConfigurationError, PhoneAgentError, parsePublicUrl } from '@phone-agents/core';
import { z } from 'zod';

/** Who carries the calls, and over which network. */
export type TelephonySettings =
  | {
      readonly network: 'live';
      readonly provider: 'twilio';
      readonly publicUrl: string;
      readonly accountSid: string;
      readonly authToken: string;
      /** An API key and its secret, for REST instead of the auth token. */
      readonly apiKeySid?: string | undefined;
      readonly apiKeySecret?: string | undefined;
      readonly phoneNumber?: string | undefined;
      readonly apiBaseUrl?: string | undefined;
    }
  | { readonly network: 'simulated'; readonly provider: 'twilio' };

/** Where the agent lives. */
export type EdgeSettings =
  | { readonly kind: 'local' }
  | {
      readonly kind: 'stream';
      readonly apiKey: string;
      readonly apiSecret: string;
      /** A stand-in of Stream's coordinator. */
      readonly baseUrl?: string | undefined;
    };

/** All that can be set from outside, read once when the app starts. */
export interface Settings {
  readonly telephony: TelephonySettings;
  readonly edge: EdgeSettings;
  readonly agent: 'offline';
  readonly port: number;
  /** Opens `GET /calls`, which is refused without. */
  readonly apiToken?: string | undefined;
  readonly limits: {
    readonly maxConcurrentCalls: number;
    readonly maxCallsPerCallerPerHour: number;
    readonly maxCallDurationMs: number;
  };
  /** How long live calls may go on after the signal to stop. */
  readonly drainTimeoutMs: number;
  readonly logLevel: LogLevel;
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const SHORTEST_API_TOKEN = 16;
const E164 = /^\+[1-9]\d{4,14}$/;

/** One of a few words, written in any case. */
function choice<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z
    .string()
    .toLowerCase()
    .pipe(z.enum(words, { error: `must be ${words.join(' or ')}` }));
}

function wholeNumber(lowest: number, highest: number) {
  const error = `must be a whole number from ${lowest} to ${highest}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, { error })
    .transform(Number)
    .pipe(z.number().min(lowest, { error }).max(highest, { error }));
}

const publicAddress = z.string().check((context) => {
  try {
    parsePublicUrl(context.value);
  } catch (error) {
    const message = error instanceof ConfigurationError ? error.problems[0]?.problem : undefined;
    context.issues.push({ code: 'custom', input: '', message: message ?? 'is no address' });
  }
});

const environmentSchema = z.object({
  PHONE_PROVIDER: choice(['twilio']).default('twilio'),
  PHONE_NETWORK: choice(['live', 'simulated']).optional(),
  EDGE: choice(['local', 'stream']).default('local'),
  AGENT: choice(['offline']).default('offline'),
  PUBLIC_URL: publicAddress.optional(),
  NGROK_URL: publicAddress.optional(),
  PORT: wholeNumber(0, 65_535).default(8_000),
  TWILIO_ACCOUNT_SID: z
    .string()
    .regex(/^AC[0-9a-f]{32}$/i, {
      error: 'must be AC and 32 characters of 0-9 and a-f, as the Twilio console shows it',
    })
    .optional(),
  TWILIO_AUTH_TOKEN: z.string().optional(),
  TWILIO_API_KEY: z.string().optional(),
  TWILIO_API_SECRET: z.string().optional(),
  TWILIO_PHONE_NUMBER: z
    .string()
    .regex(E164, { error: 'must be a plus, the country code and digits only: +12025550123' })
    .optional(),
  TWILIO_API_BASE_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http or https address' })
    .optional(),
  STREAM_API_KEY: z.string().optional(),
  STREAM_API_SECRET: z.string().optional(),
  STREAM_BASE_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http or https address' })
    .optional(),
  API_TOKEN: z
    .string()
    .min(SHORTEST_API_TOKEN, { error: `must have at least ${SHORTEST_API_TOKEN} characters` })
    .optional(),
  MAX_CONCURRENT_CALLS: wholeNumber(1, 10_000).default(50),
  MAX_CALLS_PER_CALLER_PER_HOUR: wholeNumber(1, 100_000).default(20),
  MAX_CALL_MINUTES: wholeNumber(1, 1_440).default(60),
  DRAIN_TIMEOUT_MS: wholeNumber(0, 86_400_000).default(30_000),
  LOG_LEVEL: choice(LOG_LEVELS).default('info'),
});

type Environment = z.infer<typeof environmentSchema>;

/**
 * Reads the app's settings; what is empty counts as absent.
 *
 * @throws ConfigurationError that names every setting that is missing or wrong, and no value.
 */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const present = Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => {
      const trimmed = value?.trim() ?? '';
      return trimmed === '' ? [] : [[name, trimmed]];
    }),
  );
  const read = environmentSchema.safeParse(present);
  const wrong = read.success ? [] : problemsOf(read.error);
  const named = new Set(wrong.map(({ setting }) => setting));
  const missing = [...problemsOfNetwork(present), ...problemsOfEdge(present)].filter(
    ({ setting }) => !named.has(setting),
  );
  if (!read.success || missing.length > 0) throw new ConfigurationError([...wrong, ...missing]);
  return toSettings(read.data);
}

/** `live` where any credential is set: half of them is a mistake to be told, not a wish to simulate. */
function chooseNetwork(environment: Readonly<Record<string, string | undefined>>): string {
  const chosen = environment['PHONE_NETWORK']?.toLowerCase();
  if (chosen !== undefined) return chosen;
  const hasCredentials =
    environment['TWILIO_ACCOUNT_SID'] !== undefined ||
    environment['TWILIO_AUTH_TOKEN'] !== undefined;
  return hasCredentials ? 'live' : 'simulated';
}

function problemsOfNetwork(
  environment: Readonly<Record<string, string | undefined>>,
): ConfigurationProblem[] {
  if (chooseNetwork(environment) !== 'live') return [];
  const problems: ConfigurationProblem[] = [];
  const demand = (setting: string, problem: string): void => {
    if (environment[setting] === undefined) problems.push({ setting, problem });
  };
  demand('TWILIO_ACCOUNT_SID', 'is missing; copy the Account SID from the Twilio console');
  demand('TWILIO_AUTH_TOKEN', 'is missing; copy the auth token from the Twilio console');
  if (environment['NGROK_URL'] === undefined) {
    demand('PUBLIC_URL', 'is missing; put the address there at which Twilio reaches this server');
  }
  return problems;
}

function problemsOfEdge(
  environment: Readonly<Record<string, string | undefined>>,
): ConfigurationProblem[] {
  if (environment['EDGE']?.toLowerCase() !== 'stream') return [];
  return [
    ['STREAM_API_KEY', 'is missing; copy the key of your app from the Stream dashboard'],
    ['STREAM_API_SECRET', 'is missing; copy the secret of your app from the Stream dashboard'],
  ].flatMap(([setting = '', problem = '']) =>
    environment[setting] === undefined ? [{ setting, problem }] : [],
  );
}

function problemsOf(error: z.ZodError): ConfigurationProblem[] {
  return error.issues.map((issue) => ({
    setting: String(issue.path[0]),
    problem: issue.message,
  }));
}

function toSettings(environment: Environment): Settings {
  return {
    telephony: telephonyOf(environment),
    edge: edgeOf(environment),
    agent: environment.AGENT,
    port: environment.PORT,
    apiToken: environment.API_TOKEN,
    limits: {
      maxConcurrentCalls: environment.MAX_CONCURRENT_CALLS,
      maxCallsPerCallerPerHour: environment.MAX_CALLS_PER_CALLER_PER_HOUR,
      maxCallDurationMs: environment.MAX_CALL_MINUTES * 60_000,
    },
    drainTimeoutMs: environment.DRAIN_TIMEOUT_MS,
    logLevel: environment.LOG_LEVEL,
  };
}

function edgeOf(environment: Environment): EdgeSettings {
  if (environment.EDGE === 'local') return { kind: 'local' };
  return {
    kind: 'stream',
    apiKey: demanded(environment.STREAM_API_KEY),
    apiSecret: demanded(environment.STREAM_API_SECRET),
    baseUrl: environment.STREAM_BASE_URL,
  };
}

function telephonyOf(environment: Environment): TelephonySettings {
  const provider = environment.PHONE_PROVIDER;
  if (chooseNetwork(environmentTexts(environment)) === 'simulated') {
    return { network: 'simulated', provider };
  }
  return {
    network: 'live',
    provider,
    publicUrl: demanded(environment.PUBLIC_URL ?? environment.NGROK_URL),
    accountSid: demanded(environment.TWILIO_ACCOUNT_SID),
    authToken: demanded(environment.TWILIO_AUTH_TOKEN),
    apiKeySid: environment.TWILIO_API_KEY,
    apiKeySecret: environment.TWILIO_API_SECRET,
    phoneNumber: environment.TWILIO_PHONE_NUMBER,
    apiBaseUrl: environment.TWILIO_API_BASE_URL,
  };
}

function environmentTexts(environment: Environment): Record<string, string | undefined> {
  const { PHONE_NETWORK, TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN } = environment;
  return { PHONE_NETWORK, TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN };
}

function demanded(value: string | undefined): string {
  if (value !== undefined) return value;
  throw new PhoneAgentError('internal_error', 'A setting passed that should have been named.');
}

/** The message that names every problem, one a line. */
export function describeProblems(error: ConfigurationError): string {
  const lines = error.problems.map(({ setting, problem }) => `  ${setting} ${problem}`);
  return ['These settings are missing or wrong (see .env.example):', ...lines].join('\n');
}
