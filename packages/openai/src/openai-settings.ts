import type { ConfigurationProblem, SampleRate } from '@phone-agents/core';
import { ConfigurationError, requireSetting } from '@phone-agents/core';

/** How audio goes over the socket: G.711 mu-law at 8 kHz, or 16-bit linear PCM at 24 kHz. */
export type OpenAIAudioFormat = 'pcmu' | 'pcm';

/** How OpenAI finds the end of the caller's turn. */
export type OpenAITurnDetection =
  | {
      /** By what is being said: a thought that is not finished gets more time. */
      readonly type: 'semantic_vad';
      /** How soon it takes a turn for ended; default `auto`, which is `medium`. */
      readonly eagerness?: 'auto' | 'low' | 'medium' | 'high' | undefined;
    }
  | {
      /** By silence. */
      readonly type: 'server_vad';
      /** How loud speech must be, 0 to 1; default 0.5. */
      readonly threshold?: number | undefined;
      /** Audio that is kept from before the speech, in ms; default 300. */
      readonly prefixPaddingMs?: number | undefined;
      /** Silence that ends a turn, in ms; default 500. */
      readonly silenceDurationMs?: number | undefined;
    };

/** Options of `openaiRealtime`; all have defaults. */
export interface OpenAIRealtimeOptions {
  /** Default `OPENAI_API_KEY` of the environment, read when it is first needed. */
  readonly apiKey?: string | undefined;
  /** Default `gpt-realtime`. */
  readonly model?: string | undefined;
  /** Default `marin`. */
  readonly voice?: string | undefined;
  /** Default `pcmu`, what most phone calls are made of: a sixth of the bytes of `pcm`. */
  readonly format?: OpenAIAudioFormat | undefined;
  /** Default `{ type: 'semantic_vad' }`. */
  readonly turnDetection?: OpenAITurnDetection | undefined;
  /**
   * OpenAI answers at the end of a turn without being asked: some ms faster, but then a cough or the
   * line's noise may be answered as well. Default false.
   */
  readonly answersItself?: boolean | undefined;
  /** Model that writes down the caller's words, for the transcript; default `gpt-4o-mini-transcribe`. */
  readonly transcriptionModel?: string | undefined;
  /** ISO 639-1 language of the caller, for the transcript; default found out by the model. */
  readonly transcriptionLanguage?: string | undefined;
  /** Takes noise off the caller's audio: `near_field` for handsets, `far_field` for speakerphones. Default none. */
  readonly noiseReduction?: 'near_field' | 'far_field' | undefined;
  /** 0.25 to 1.5; default 1. */
  readonly speed?: number | undefined;
  /** Shows conversations in OpenAI's own traces. Default false: they hold what callers say. */
  readonly tracing?: boolean | undefined;
  /** How often in a row a connection is opened anew before the call's conversation is given up; default 3. */
  readonly maxReconnects?: number | undefined;
  /** Time for a connection to open, in ms; default 5,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** Where OpenAI is; default `wss://api.openai.com/v1/realtime`. For proxies and stand-ins. */
  readonly baseUrl?: string | undefined;
}

/** {@link OpenAIRealtimeOptions}, checked and complete but for the key. */
export interface OpenAIRealtimeSettings extends OpenAIRealtimeOptions {
  readonly model: string;
  readonly voice: string;
  readonly format: OpenAIAudioFormat;
  readonly sampleRate: SampleRate;
  readonly turnDetection: OpenAITurnDetection;
  readonly answersItself: boolean;
  readonly transcriptionModel: string;
  readonly maxReconnects: number;
  readonly connectTimeoutMs: number;
  readonly baseUrl: string;
}

const RATES: Readonly<Record<OpenAIAudioFormat, SampleRate>> = { pcmu: 8_000, pcm: 24_000 };

/** @throws ConfigurationError naming everything that is wrong. */
export function resolveOpenAIRealtimeSettings(
  options: OpenAIRealtimeOptions,
): OpenAIRealtimeSettings {
  const problems: ConfigurationProblem[] = [];
  const demand = (isRight: boolean, setting: string, problem: string): void => {
    if (!isRight) problems.push({ setting, problem });
  };
  const { model = 'gpt-realtime', voice = 'marin', format = 'pcmu', speed } = options;
  const { maxReconnects = 3, connectTimeoutMs = 5_000 } = options;
  const { baseUrl = 'wss://api.openai.com/v1/realtime' } = options;
  demand(model.trim() !== '', 'model', 'must not be empty');
  demand(voice.trim() !== '', 'voice', 'must not be empty');
  demand(Object.hasOwn(RATES, format), 'format', 'must be pcmu or pcm');
  demand(speed === undefined || (speed >= 0.25 && speed <= 1.5), 'speed', 'must be 0.25 to 1.5');
  demand(maxReconnects >= 0, 'maxReconnects', 'must be at least 0');
  demand(connectTimeoutMs > 0, 'connectTimeoutMs', 'must be more than 0 ms');
  demand(URL.canParse(baseUrl) && /^wss?:/.test(baseUrl), 'baseUrl', 'must begin with wss://');
  if (problems.length > 0) throw new ConfigurationError(problems);
  return {
    ...options,
    model,
    voice,
    format,
    sampleRate: RATES[format],
    turnDetection: options.turnDetection ?? { type: 'semantic_vad' },
    answersItself: options.answersItself ?? false,
    transcriptionModel: options.transcriptionModel ?? 'gpt-4o-mini-transcribe',
    maxReconnects,
    connectTimeoutMs,
    baseUrl,
  };
}

/** @throws ConfigurationError where there is no key. */
export function requireApiKey({ apiKey }: Pick<OpenAIRealtimeSettings, 'apiKey'>): string {
  return requireSetting(
    apiKey,
    'OPENAI_API_KEY',
    'is missing; make an API key in the OpenAI dashboard, or give `apiKey`',
  );
}
