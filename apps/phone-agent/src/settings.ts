import type { ConfigurationProblem } from '@phone-agents/core';
import { ConfigurationError } from '@phone-agents/core';
import { z } from 'zod';
import type { AgentSettings } from './agents/agent-settings.ts';
import { agentOf, agentShape, problemsOfAgent } from './agents/agent-settings.ts';
import type { OutboundSettings } from './calling-out/outbound-settings.ts';
import { outboundOf, outboundShape } from './calling-out/outbound-settings.ts';
import { choice, demanded, standInAddress, wholeNumber } from './setting-types.ts';
import type { KnowledgeSettings } from './support/knowledge-settings.ts';
import { knowledgeOf, knowledgeShape, problemsOfKnowledge } from './support/knowledge-settings.ts';
import type { TelephonySettings } from './telephony-settings.ts';
import { problemsOfTelephony, telephonyOf, telephonyShape } from './telephony-settings.ts';

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
  readonly agent: AgentSettings;
  /** Documents that the agent answers from, in place of the knowledge file. */
  readonly knowledge: KnowledgeSettings | undefined;
  readonly port: number;
  /** Opens `/calls` and `/calling-out`, which are closed without. */
  readonly apiToken?: string | undefined;
  readonly limits: {
    readonly maxConcurrentCalls: number;
    readonly maxCallsPerCallerPerHour: number;
    readonly maxCallDurationMs: number;
  };
  readonly outbound: OutboundSettings;
  /** How long live calls may go on after the signal to stop. */
  readonly drainTimeoutMs: number;
  readonly logLevel: LogLevel;
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const SHORTEST_API_TOKEN = 16;

const environmentSchema = z.object({
  ...telephonyShape,
  ...outboundShape,
  ...knowledgeShape,
  EDGE: choice(['local', 'stream']).default('local'),
  ...agentShape,
  PORT: wholeNumber(0, 65_535).default(8_000),
  STREAM_API_KEY: z.string().optional(),
  STREAM_API_SECRET: z.string().optional(),
  STREAM_BASE_URL: standInAddress,
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

/** The environment variables that are read, but for what only a tunnel needs. */
export const SETTING_NAMES: readonly string[] = Object.keys(environmentSchema.shape);

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
  const lacking = [
    ...problemsOfTelephony(present),
    ...problemsOfEdge(present),
    ...problemsOfKnowledge(present),
    ...problemsOfAgent(present),
  ];
  // A setting that two of them need is named once.
  const missing = [
    ...new Map(lacking.map((problem) => [problem.setting, problem])).values(),
  ].filter(({ setting }) => !named.has(setting));
  if (!read.success || missing.length > 0) throw new ConfigurationError([...wrong, ...missing]);
  return toSettings(read.data, present);
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

function toSettings(environment: Environment, texts: Readonly<Record<string, string>>): Settings {
  const telephony = telephonyOf(environment, texts);
  return {
    telephony,
    edge: edgeOf(environment),
    agent: agentOf(environment),
    knowledge: knowledgeOf(environment),
    port: environment.PORT,
    apiToken: environment.API_TOKEN,
    limits: {
      maxConcurrentCalls: environment.MAX_CONCURRENT_CALLS,
      maxCallsPerCallerPerHour: environment.MAX_CALLS_PER_CALLER_PER_HOUR,
      maxCallDurationMs: environment.MAX_CALL_MINUTES * 60_000,
    },
    outbound: outboundOf(environment, telephony),
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

/** The message that names every problem, one a line. */
export function describeProblems(error: ConfigurationError): string {
  const lines = error.problems.map(({ setting, problem }) => `  ${setting} ${problem}`);
  return ['These settings are missing or wrong (see .env.example):', ...lines].join('\n');
}
