import type { JsonMediaProtocol, JsonObject } from './json-media-protocol.ts';

/** The stream's first words about itself. Texts are as the provider sent them. */
export interface JsonStartMessage {
  readonly event: 'start';
  readonly streamId: string;
  readonly callId: string;
  readonly encoding: string;
  readonly sampleRate: number;
  readonly channels: number;
  readonly parameters: Readonly<Record<string, string>>;
}

/** A piece of audio. Its place is absent where its numbers make no sense: then it follows the one before. */
export interface JsonAudioMessage {
  readonly event: 'media';
  readonly streamId: string;
  /** `inbound` is the caller. */
  readonly track: string;
  /** One more with each piece of the track. */
  readonly chunk?: number | undefined;
  /** From the stream's start, in ms. */
  readonly timestampMs?: number | undefined;
  /** Base64, not yet looked at. */
  readonly payload: string;
}

/** What may come on a media WebSocket. */
export type JsonMediaMessage =
  | JsonStartMessage
  | JsonAudioMessage
  | { readonly event: 'dtmf'; readonly streamId: string; readonly digit: string }
  | { readonly event: 'mark'; readonly streamId: string; readonly name: string }
  | { readonly event: 'stop'; readonly streamId: string }
  /** An event that not every provider has. */
  | { readonly event: 'other'; readonly name: unknown; readonly message: JsonObject }
  /** A message that is none of these; `problem` says why and quotes nothing of it. */
  | { readonly event: 'invalid'; readonly kind: string; readonly problem: string };

const EMPTY: JsonObject = Object.freeze({});
/** The longest that are known have some 70 characters. */
const MAX_ID_LENGTH = 256;

/** Reads one message of any shape. Never throws. */
export function parseJsonMediaMessage(text: string, names: JsonMediaProtocol): JsonMediaMessage {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return invalid('not-json', 'it is not JSON');
  }
  if (!isObject(message)) return invalid('not-json', 'it is not a JSON object');
  const { event } = message;
  if (event === 'start') return parseStart(message, names);
  if (event !== 'media' && event !== 'dtmf' && event !== 'mark' && event !== 'stop') {
    return { event: 'other', name: event, message };
  }
  const streamId = identifier(message[names.streamId]);
  if (streamId === undefined) return invalid(event, `a ${event} without ${names.streamId}`);
  const body = object(message[event]);
  if (event === 'media') return parseMedia(streamId, body, names);
  if (event === 'stop') return { event, streamId };
  if (event === 'dtmf') {
    const { digit } = body;
    return typeof digit === 'string' && /^[\d*#A-D]$/.test(digit)
      ? { event, streamId, digit }
      : invalid(event, 'a dtmf without a digit');
  }
  const { name } = body;
  return typeof name === 'string'
    ? { event, streamId, name }
    : invalid(event, 'a mark without a name');
}

function parseStart(message: JsonObject, names: JsonMediaProtocol): JsonMediaMessage {
  const start = object(message['start']);
  const streamId = identifier(message[names.streamId] ?? start[names.streamId]);
  const callId = identifier(start[names.callId]);
  if (streamId === undefined || callId === undefined) {
    return invalid('start', `a start without ${names.streamId} or ${names.callId}`);
  }
  const format = object(start[names.mediaFormat]);
  const { encoding, channels = 1 } = format;
  const rate = format[names.sampleRate];
  const sampleRate = typeof rate === 'string' ? Number(rate) : rate;
  if (
    typeof encoding !== 'string' ||
    typeof sampleRate !== 'number' ||
    typeof channels !== 'number'
  ) {
    return invalid('start', `a start without ${names.mediaFormat}`);
  }
  const parameters = customParameters(start[names.parameters]);
  return { event: 'start', streamId, callId, encoding, sampleRate, channels, parameters };
}

/** An object by name, or a list of names and values: companies differ. */
function customParameters(value: unknown): Record<string, string> {
  const entries: readonly (readonly [unknown, unknown])[] = Array.isArray(value)
    ? value.filter(isObject).map((item) => [item['name'], item['value']])
    : Object.entries(object(value));
  return Object.fromEntries(
    entries.filter(
      (entry): entry is [string, string] =>
        typeof entry[0] === 'string' && typeof entry[1] === 'string',
    ),
  );
}

function parseMedia(
  streamId: string,
  media: JsonObject,
  { hasTracks = true }: JsonMediaProtocol,
): JsonMediaMessage {
  const { payload } = media;
  const track = hasTracks ? media['track'] : 'inbound';
  if (typeof track !== 'string') return invalid('media', 'a media without a track');
  if (typeof payload !== 'string' || payload === '') {
    return invalid('media', 'a media without a payload');
  }
  const chunk = counter(media['chunk']);
  const timestampMs = counter(media['timestamp']);
  return { event: 'media', streamId, track, chunk, timestampMs, payload };
}

/** Some companies count in decimal texts, some in numbers. */
function counter(value: unknown): number | undefined {
  if (typeof value === 'number')
    return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}

function identifier(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= MAX_ID_LENGTH
    ? value
    : undefined;
}

function object(value: unknown): JsonObject {
  return isObject(value) ? value : EMPTY;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(kind: string, problem: string): JsonMediaMessage {
  return { event: 'invalid', kind, problem };
}
