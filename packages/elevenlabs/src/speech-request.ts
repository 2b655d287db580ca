import type { ElevenLabs } from '@elevenlabs/elevenlabs-js';
import {
  ElevenLabsError,
  brokenOff,
  refusedRequest,
  tooLate,
  unreachable,
} from './elevenlabs-error.ts';
import type { ElevenLabsSettings } from './elevenlabs-settings.ts';
import { requireApiKey } from './elevenlabs-settings.ts';

/** Stands for a request that got no answer; no server says it. */
const FAULT_STATUS = 599;

/** The audio of one request: its first piece, and how to get on. */
export interface SpokenAudio {
  /** The next piece; undefined at the end. @throws ElevenLabsError where it breaks off. */
  next(): Promise<Uint8Array | undefined>;
  /** Hangs up: nothing more is made, and nothing more is billed. Repeatable. */
  cancel(): void;
}

/**
 * Asks ElevenLabs to speak a text, and waits for the first audio.
 *
 * @throws ElevenLabsError where none comes; ConfigurationError without a key.
 */
export async function requestSpeech(
  settings: ElevenLabsSettings,
  text: string,
  signal: AbortSignal,
): Promise<SpokenAudio> {
  const apiKey = requireApiKey(settings);
  const { baseUrl, clock, firstAudioTimeoutMs } = settings;
  // Not before it is needed: the SDK is large.
  const { ElevenLabsClient } = await import('@elevenlabs/elevenlabs-js');
  let fault: { readonly error: unknown } | undefined;
  const client = new ElevenLabsClient({
    apiKey,
    ...(baseUrl === undefined ? {} : { baseUrl }),
    fetch: async (input, init) => {
      try {
        return await (settings.fetch ?? fetch)(input, init);
      } catch (error) {
        fault = { error };
        // Where a request throws, the SDK forgets a timer of minutes, which keeps the process alive.
        return new Response(null, { status: FAULT_STATUS });
      }
    },
    // Its own waits a second and more before it tries again.
    maxRetries: 0,
  });
  const request = new AbortController();
  const cancel = (): void => request.abort();
  signal.addEventListener('abort', cancel, { once: true });
  let isLate = false;
  const timer = clock.setTimeout(() => {
    isLate = true;
    cancel();
  }, firstAudioTimeoutMs);
  try {
    signal.throwIfAborted();
    const stream = await client.textToSpeech.stream(settings.voice, speechOf(settings, text), {
      abortSignal: request.signal,
    });
    const reader = stream.getReader();
    request.signal.addEventListener('abort', () => void reader.cancel().catch(() => {}), {
      once: true,
    });
    const first = await reader.read();
    if (isLate) throw tooLate(firstAudioTimeoutMs);
    return {
      next: readPieces(reader, first, request.signal),
      cancel: () => {
        signal.removeEventListener('abort', cancel);
        cancel();
      },
    };
  } catch (error) {
    signal.removeEventListener('abort', cancel);
    if (isLate) throw tooLate(firstAudioTimeoutMs);
    throw fault ? unreachable(fault.error) : toElevenLabsError(error);
  } finally {
    timer.cancel();
  }
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;

function readPieces(
  reader: Reader,
  first: Awaited<ReturnType<Reader['read']>>,
  signal: AbortSignal,
): SpokenAudio['next'] {
  let waiting: typeof first | undefined = first;
  return async () => {
    try {
      const { done, value } = waiting ?? (await reader.read());
      waiting = undefined;
      return done ? undefined : value;
    } catch (error) {
      if (signal.aborted) return undefined;
      throw brokenOff(error);
    }
  };
}

function speechOf(
  settings: ElevenLabsSettings,
  text: string,
): ElevenLabs.StreamTextToSpeechRequest {
  const { model, format, languageCode, voiceSettings, textNormalization, retention } = settings;
  return {
    text,
    modelId: model,
    outputFormat: format,
    ...(languageCode === undefined ? {} : { languageCode }),
    ...(voiceSettings === undefined ? {} : { voiceSettings: definedOf(voiceSettings) }),
    ...(textNormalization === undefined ? {} : { applyTextNormalization: textNormalization }),
    ...(retention === false ? { enableLogging: false } : {}),
  };
}

function definedOf<T extends object>(object: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => value !== undefined),
  ) as ReturnType<typeof definedOf<T>>;
}

/** The SDK tells of an answer by its `statusCode`, and of everything else without. */
function toElevenLabsError(error: unknown): unknown {
  if (error instanceof ElevenLabsError) return error;
  if (typeof error === 'object' && error !== null && 'statusCode' in error) {
    const { statusCode, body } = error as { statusCode?: number; body?: unknown };
    if (statusCode !== undefined) return refusedRequest(statusCode, body);
  }
  return unreachable(error);
}
