import type { AudioEncoding, ByteOrder, SampleRate } from '@phone-agents/core';
import { isLoopback } from '../network-route.ts';
import { isFields, restError, textOf, type Fields, type RestAnswer } from './rest-answer.ts';

const TRACKS = ['inbound_track', 'outbound_track', 'both_tracks'] as const;
const CODECS = ['PCMU', 'PCMA', 'G722', 'OPUS', 'AMR-WB', 'L16'] as const;
const MODES = ['mp3', 'rtp'] as const;
const SAMPLING_RATES = [8000, 16000, 22050, 24000, 48000] as const;
const MAX_URL_LENGTH = 2_000;
const MAX_AUTH_TOKEN_LENGTH = 4_000;
/** Fields that `streaming_start` knows and `answer` does not. */
const NOT_FOR_ANSWER = [
  'stream_bidirectional_sampling_rate',
  'stream_auth_token',
  'custom_parameters',
] as const;

export type StreamTrack = (typeof TRACKS)[number];

/** A media stream that a command asks for. */
export interface StreamRequest {
  /** As the server believes it. */
  readonly url: string;
  readonly track: StreamTrack;
  readonly mode: (typeof MODES)[number];
  /** Form of the audio from the server; of use in the mode `rtp` only. */
  readonly codec: (typeof CODECS)[number];
  readonly samplingRate: (typeof SAMPLING_RATES)[number];
  readonly authToken: string | undefined;
  readonly customParameters: Readonly<Record<string, string>> | undefined;
  /** Fields that were given and mean nothing in this command. */
  readonly ignored: readonly string[];
}

/**
 * Reads the stream parameters of a command. They are the same for `dial`, `answer` and `streaming_start`, but
 * for three that `answer` has not (SDK types of telnyx 7.24): those are ignored there.
 *
 * @returns undefined where no stream is asked for; the error where it cannot be.
 */
export function readStreamRequest(
  command: 'answer' | 'dial' | 'streaming_start',
  body: Fields,
): { readonly request: StreamRequest } | { readonly error: RestAnswer } | undefined {
  const url = textOf(body, 'stream_url');
  if (url === undefined) {
    if (command !== 'streaming_start') return undefined;
    return failed('10004', "The 'stream_url' parameter is required.", 'stream_url');
  }
  if (!isStreamUrl(url)) {
    return failed('10003', "The 'stream_url' parameter must be a wss URL.", 'stream_url');
  }
  const ignored = command === 'answer' ? NOT_FOR_ANSWER.filter((name) => name in body) : [];
  const known: Fields = { ...body };
  for (const name of ignored) delete (known as Record<string, unknown>)[name];
  for (const [name, values] of [
    ['stream_track', TRACKS],
    ['stream_codec', [...CODECS, 'default']],
    ['stream_bidirectional_mode', MODES],
    ['stream_bidirectional_codec', CODECS],
    ['stream_bidirectional_sampling_rate', SAMPLING_RATES],
    ['stream_bidirectional_target_legs', ['both', 'self', 'opposite']],
  ] as const) {
    const value = known[name];
    if (value !== undefined && !(values as readonly unknown[]).includes(value)) {
      return failed('10032', `The '${name}' parameter must be one of ${values.join(', ')}.`, name);
    }
  }
  const authToken = textOf(known, 'stream_auth_token');
  if (authToken !== undefined && !isHeaderValue(authToken)) {
    return failed(
      '10015',
      `The 'stream_auth_token' parameter has at most ${MAX_AUTH_TOKEN_LENGTH} characters and none that a header cannot have.`,
      'stream_auth_token',
    );
  }
  return {
    request: {
      url,
      track: (known['stream_track'] ?? 'inbound_track') as StreamTrack,
      mode: (known['stream_bidirectional_mode'] ?? 'mp3') as StreamRequest['mode'],
      codec: (known['stream_bidirectional_codec'] ?? 'PCMU') as StreamRequest['codec'],
      samplingRate: (known['stream_bidirectional_sampling_rate'] ??
        8000) as StreamRequest['samplingRate'],
      authToken,
      customParameters: parametersOf(known['custom_parameters']),
      ignored,
    },
  };
}

/** How the audio from the server is read, or why it is not heard. */
export function serverAudioFormat(
  request: StreamRequest,
  l16ByteOrder: ByteOrder,
):
  | {
      readonly encoding: AudioEncoding;
      readonly sampleRate: SampleRate;
      readonly byteOrder: ByteOrder;
    }
  | string {
  const { mode, codec, samplingRate } = request;
  if (mode === 'mp3') {
    return 'Audio was sent on a stream whose stream_bidirectional_mode is mp3, the default: Telnyx plays MP3 files there, and nothing else is heard. Ask for rtp.';
  }
  if (codec === 'PCMU' || codec === 'PCMA') {
    return { encoding: codec, sampleRate: 8000, byteOrder: l16ByteOrder };
  }
  if (codec !== 'L16' || samplingRate === 22050) {
    return `The simulator cannot play ${codec} at ${samplingRate} Hz: the caller hears nothing of it.`;
  }
  return { encoding: codec, sampleRate: samplingRate, byteOrder: l16ByteOrder };
}

function isStreamUrl(text: string): boolean {
  if (text.length > MAX_URL_LENGTH || !URL.canParse(text)) return false;
  const url = new URL(text);
  if (url.hash !== '') return false;
  return url.protocol === 'wss:' || (url.protocol === 'ws:' && isLoopback(url));
}

function isHeaderValue(text: string): boolean {
  return text.length <= MAX_AUTH_TOKEN_LENGTH && /^[\x20-\x7e]*$/.test(text);
}

function parametersOf(value: unknown): Readonly<Record<string, string>> | undefined {
  if (!Array.isArray(value)) return undefined;
  const parameters: Record<string, string> = {};
  for (const parameter of value as unknown[]) {
    if (!isFields(parameter)) continue;
    const { name, value: content } = parameter;
    if (typeof name === 'string' && typeof content === 'string') parameters[name] = content;
  }
  return parameters;
}

function failed(code: string, detail: string, field: string): { readonly error: RestAnswer } {
  return { error: restError(422, code, detail, { pointer: `/${field}` }) };
}
