import type { Clock, ConfigurationProblem, SampleRate } from '@phone-agents/core';
import { ConfigurationError, requireSetting, systemClock } from '@phone-agents/core';

/** How the audio comes: 16-bit linear PCM, or G.711 mu-law. */
export type ElevenLabsFormat = 'pcm_8000' | 'pcm_16000' | 'pcm_24000' | 'pcm_48000' | 'ulaw_8000';

/** How a voice speaks; what is absent is as it was set for the voice. */
export interface ElevenLabsVoiceSettings {
  /** 0 to 1: more is steadier, less is livelier. */
  readonly stability?: number | undefined;
  /** 0 to 1: how close it keeps to the original voice. */
  readonly similarityBoost?: number | undefined;
  /** 0 to 1: exaggerates the style; costs time. */
  readonly style?: number | undefined;
  /** 0.7 to 1.2; 1 is normal. */
  readonly speed?: number | undefined;
  readonly useSpeakerBoost?: boolean | undefined;
}

/** Options of `elevenLabsTextToSpeech`; all have defaults. */
export interface ElevenLabsTextToSpeechOptions {
  /** Default `ELEVENLABS_API_KEY` of the environment, read when it is first needed. */
  readonly apiKey?: string | undefined;
  /** Id of the voice; default `JBFqnCBsd6RMkjVDRZzb`, the one of ElevenLabs' own examples. */
  readonly voice?: string | undefined;
  /** Default `eleven_flash_v2_5`, the fastest. */
  readonly model?: string | undefined;
  /** ISO 639-1, for models that can be told; default the text's own. */
  readonly languageCode?: string | undefined;
  readonly voiceSettings?: ElevenLabsVoiceSettings | undefined;
  /** Default `pcm_16000`, the agent's own rate. `ulaw_8000` is a quarter of the bytes, in telephone quality. */
  readonly format?: ElevenLabsFormat | undefined;
  /** Whether numbers and abbreviations are written out before they are spoken; default `auto`. */
  readonly textNormalization?: 'auto' | 'on' | 'off' | undefined;
  /** False asks for zero retention, which only enterprise customers may; default true. */
  readonly retention?: boolean | undefined;
  /** How often a request is tried again of which no audio has come; default 2. */
  readonly maxRetries?: number | undefined;
  /** Time for the first audio of a request, in ms; default 4,000. */
  readonly firstAudioTimeoutMs?: number | undefined;
  /** Where ElevenLabs is; default `https://api.elevenlabs.io`. For residency, proxies and stand-ins. */
  readonly baseUrl?: string | undefined;
  readonly fetch?: typeof fetch | undefined;
  readonly clock?: Clock | undefined;
}

/** {@link ElevenLabsTextToSpeechOptions}, checked and complete but for the key. */
export interface ElevenLabsSettings extends ElevenLabsTextToSpeechOptions {
  readonly voice: string;
  readonly model: string;
  readonly format: ElevenLabsFormat;
  readonly sampleRate: SampleRate;
  readonly maxRetries: number;
  readonly firstAudioTimeoutMs: number;
  readonly clock: Clock;
}

const RATES: Readonly<Record<ElevenLabsFormat, SampleRate>> = {
  pcm_8000: 8_000,
  pcm_16000: 16_000,
  pcm_24000: 24_000,
  pcm_48000: 48_000,
  ulaw_8000: 8_000,
};

/** @throws ConfigurationError naming everything that is wrong. */
export function resolveElevenLabsSettings(
  options: ElevenLabsTextToSpeechOptions,
): ElevenLabsSettings {
  const problems: ConfigurationProblem[] = [];
  const demand = (isRight: boolean, setting: string, problem: string): void => {
    if (!isRight) problems.push({ setting, problem });
  };
  const { voice = 'JBFqnCBsd6RMkjVDRZzb', model = 'eleven_flash_v2_5' } = options;
  const { format = 'pcm_16000', maxRetries = 2, firstAudioTimeoutMs = 4_000, baseUrl } = options;
  demand(voice.trim() !== '', 'voice', 'must not be empty');
  demand(model.trim() !== '', 'model', 'must not be empty');
  demand(Object.hasOwn(RATES, format), 'format', `must be one of ${Object.keys(RATES).join(', ')}`);
  demand(maxRetries >= 0, 'maxRetries', 'must be at least 0');
  demand(firstAudioTimeoutMs > 0, 'firstAudioTimeoutMs', 'must be more than 0 ms');
  demand(
    baseUrl === undefined || /^https?:\/\/./.test(baseUrl),
    'baseUrl',
    'must begin with https://',
  );
  if (problems.length > 0) throw new ConfigurationError(problems);
  return {
    ...options,
    voice,
    model,
    format,
    sampleRate: RATES[format],
    maxRetries,
    firstAudioTimeoutMs,
    clock: options.clock ?? systemClock,
  };
}

/** @throws ConfigurationError where there is no key. */
export function requireApiKey({ apiKey }: Pick<ElevenLabsSettings, 'apiKey'>): string {
  return requireSetting(
    apiKey,
    'ELEVENLABS_API_KEY',
    'is missing; make an API key in the ElevenLabs settings, or give `apiKey`',
  );
}
