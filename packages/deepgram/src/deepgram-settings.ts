import type { Clock, ConfigurationProblem, Logger, SampleRate } from '@phone-agents/core';
import { ConfigurationError, requireSetting, silentLogger, systemClock } from '@phone-agents/core';

/** How the caller's audio goes to Deepgram: G.711 mu-law, or 16-bit linear PCM. */
export type DeepgramEncoding = 'mulaw' | 'linear16';

/** Options of `deepgramSpeechToText`; all have defaults. */
export interface DeepgramSpeechToTextOptions {
  /** Default `DEEPGRAM_API_KEY` of the environment, read when it is first needed. */
  readonly apiKey?: string | undefined;
  /** Default `nova-3`. */
  readonly model?: string | undefined;
  /** BCP-47 tag such as `en-US` or `de`, or `multi`; default Deepgram's own, English. */
  readonly language?: string | undefined;
  /** Default `mulaw`, what most phone calls are made of: 8 kB a second. */
  readonly encoding?: DeepgramEncoding | undefined;
  /** In Hz; default 8,000. 16,000 with `linear16` serves wideband calls. */
  readonly sampleRate?: SampleRate | undefined;
  /** Names and terms that matter; of Nova-3 and newer as `keyterm`, of older models as `keywords`. */
  readonly keyterms?: readonly string[] | undefined;
  /** Numbers, dates and punctuation as one writes them; default true. */
  readonly smartFormat?: boolean | undefined;
  /**
   * Deepgram finds the ends of turns: then it is sent all audio, silence too, and bills it. False
   * leaves them to the agent's detector, and Deepgram gets speech only. Default true.
   */
  readonly endsTurns?: boolean | undefined;
  /** Silence after which Deepgram holds a turn for ended, in ms; default 300. */
  readonly endpointingMs?: number | undefined;
  /** The same by the gap behind the last word, for noisy lines, in ms; at least 1,000, the default. */
  readonly utteranceEndMs?: number | undefined;
  /** Keeps the audio out of Deepgram's model improvement programme; default true. Its prices differ: see Deepgram's. */
  readonly optOutOfModelImprovement?: boolean | undefined;
  /** How often in a row a connection is opened anew before the stream is given up; default 3. */
  readonly maxReconnects?: number | undefined;
  /** Time for a connection to open, in ms; default 5,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** Where Deepgram is; default `wss://api.deepgram.com`. For proxies, self-hosting and stand-ins. */
  readonly baseUrl?: string | undefined;
  readonly clock?: Clock | undefined;
  readonly logger?: Logger | undefined;
}

/** {@link DeepgramSpeechToTextOptions}, checked and complete but for the key. */
export interface DeepgramSettings {
  readonly apiKey: string | undefined;
  readonly model: string;
  readonly language: string | undefined;
  readonly encoding: DeepgramEncoding;
  readonly sampleRate: SampleRate;
  readonly keyterms: readonly string[];
  readonly smartFormat: boolean;
  readonly endsTurns: boolean;
  readonly endpointingMs: number;
  readonly utteranceEndMs: number;
  readonly optOutOfModelImprovement: boolean;
  readonly maxReconnects: number;
  readonly connectTimeoutMs: number;
  readonly baseUrl: string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The shortest gap that Deepgram takes for `utterance_end_ms`: interim results come once a second. */
const MIN_UTTERANCE_END_MS = 1_000;

/** @throws ConfigurationError naming everything that is wrong. */
export function resolveDeepgramSettings(options: DeepgramSpeechToTextOptions): DeepgramSettings {
  const problems: ConfigurationProblem[] = [];
  const demand = (isRight: boolean, setting: string, problem: string): void => {
    if (!isRight) problems.push({ setting, problem });
  };
  const encoding = options.encoding ?? 'mulaw';
  const { endpointingMs = 300, utteranceEndMs = MIN_UTTERANCE_END_MS, maxReconnects = 3 } = options;
  const { connectTimeoutMs = 5_000, baseUrl, model = 'nova-3' } = options;
  demand(['mulaw', 'linear16'].includes(encoding), 'encoding', 'must be mulaw or linear16');
  demand(model.trim() !== '', 'model', 'must not be empty');
  demand(endpointingMs >= 10, 'endpointingMs', 'must be at least 10 ms');
  demand(
    utteranceEndMs >= MIN_UTTERANCE_END_MS,
    'utteranceEndMs',
    `must be at least ${MIN_UTTERANCE_END_MS} ms`,
  );
  demand(maxReconnects >= 0, 'maxReconnects', 'must be at least 0');
  demand(connectTimeoutMs > 0, 'connectTimeoutMs', 'must be more than 0 ms');
  demand(baseUrl === undefined || /^wss?:\/\/./.test(baseUrl), 'baseUrl', 'must begin with wss://');
  if (problems.length > 0) throw new ConfigurationError(problems);
  return {
    apiKey: options.apiKey,
    model,
    language: options.language,
    encoding,
    sampleRate: options.sampleRate ?? 8_000,
    keyterms: options.keyterms ?? [],
    smartFormat: options.smartFormat ?? true,
    endsTurns: options.endsTurns ?? true,
    endpointingMs,
    utteranceEndMs,
    optOutOfModelImprovement: options.optOutOfModelImprovement ?? true,
    maxReconnects,
    connectTimeoutMs,
    baseUrl,
    clock: options.clock ?? systemClock,
    logger: options.logger ?? silentLogger,
  };
}

/** @throws ConfigurationError where there is no key. */
export function requireApiKey({ apiKey }: Pick<DeepgramSettings, 'apiKey'>): string {
  return requireSetting(
    apiKey,
    'DEEPGRAM_API_KEY',
    'is missing; make an API key in the Deepgram console, or give `apiKey`',
  );
}
