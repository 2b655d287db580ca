/** The stream's first words about itself. Text fields are as Telnyx sent them. */
export interface TelnyxStartMessage {
  readonly event: 'start';
  readonly streamId: string;
  readonly callControlId: string;
  /** `PCMU`, `PCMA`, `L16`, or a codec that this package does not take. */
  readonly encoding: string;
  readonly sampleRate: number;
  readonly channels: number;
  readonly parameters: Readonly<Record<string, string>>;
}

/** A piece of audio. Its place is absent where Telnyx's numbers make no sense: then it follows the one before. */
export interface TelnyxInboundMediaMessage {
  readonly event: 'media';
  readonly streamId: string;
  /** `inbound` is the person on the phone. */
  readonly track: string;
  /** One more with each piece of the track. */
  readonly chunk?: number | undefined;
  /** From the stream's start, in ms. */
  readonly timestampMs?: number | undefined;
  /** Base64, not yet looked at. */
  readonly payload: string;
}

/** What Telnyx may send on a media WebSocket ("Media streaming: WebSocket messages"). */
export type TelnyxMediaMessage =
  /** `token` comes where the stream was started with one. */
  | { readonly event: 'connected'; readonly token?: string | undefined }
  | TelnyxStartMessage
  | TelnyxInboundMediaMessage
  | { readonly event: 'dtmf'; readonly streamId: string; readonly digit: string }
  | { readonly event: 'mark'; readonly streamId: string; readonly name: string }
  | { readonly event: 'stop'; readonly streamId: string }
  /** Telnyx could not use something that we sent. */
  | { readonly event: 'error'; readonly code: string; readonly title: string }
  /** A message that is none of these; `problem` says why and quotes nothing of it. */
  | { readonly event: 'invalid'; readonly kind: string; readonly problem: string };

type Json = Readonly<Record<string, unknown>>;

const EMPTY: Json = Object.freeze({});
/** A `call_control_id` has some 70 characters. */
const MAX_ID_LENGTH = 256;
const TOKEN_NAME = 'x-telnyx-streaming-auth-token';

/** Reads one message of any shape. Never throws. */
export function parseTelnyxMediaMessage(text: string): TelnyxMediaMessage {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return invalid('not-json', 'it is not JSON');
  }
  if (!isObject(message)) return invalid('not-json', 'it is not a JSON object');
  const { event } = message;
  if (event === 'connected') return parseConnected(message);
  if (event === 'start') return parseStart(message);
  if (event === 'error') return parseError(message);
  if (event !== 'media' && event !== 'dtmf' && event !== 'mark' && event !== 'stop') {
    return invalid('unknown-event', 'its event is unknown');
  }
  const streamId = identifier(message['stream_id']);
  if (streamId === undefined) return invalid(event, `a ${event} without stream_id`);
  const body = object(message[event]);
  if (event === 'media') return parseMedia(streamId, body);
  if (event === 'stop') return { event, streamId };
  if (event === 'dtmf') {
    const { digit } = body;
    return isDigit(digit) ? { event, streamId, digit } : invalid(event, 'a dtmf without a digit');
  }
  const { name } = body;
  return typeof name === 'string'
    ? { event, streamId, name }
    : invalid(event, 'a mark without a name');
}

/** Whether a value is a key of a phone. */
export function isDigit(value: unknown): value is string {
  return typeof value === 'string' && /^[\d*#A-D]$/.test(value);
}

function parseConnected(message: Json): TelnyxMediaMessage {
  const token = object(message['connected'])[TOKEN_NAME] ?? message[TOKEN_NAME];
  return { event: 'connected', token: typeof token === 'string' ? token : undefined };
}

function parseStart(message: Json): TelnyxMediaMessage {
  const start = object(message['start']);
  const streamId = identifier(message['stream_id']);
  const callControlId = identifier(start['call_control_id']);
  if (streamId === undefined || callControlId === undefined) {
    return invalid('start', 'a start without stream_id or call_control_id');
  }
  const { encoding, sample_rate: sampleRate, channels = 1 } = object(start['media_format']);
  if (
    typeof encoding !== 'string' ||
    typeof sampleRate !== 'number' ||
    typeof channels !== 'number'
  ) {
    return invalid('start', 'a start without media_format');
  }
  const parameters = customParameters(start['custom_parameters']);
  return { event: 'start', streamId, callControlId, encoding, sampleRate, channels, parameters };
}

/** An object by name, or the list of names and values as the command takes it: the sources differ. */
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

function parseMedia(streamId: string, media: Json): TelnyxMediaMessage {
  const { track, payload } = media;
  if (typeof track !== 'string') return invalid('media', 'a media without a track');
  if (typeof payload !== 'string' || payload === '') {
    return invalid('media', 'a media without a payload');
  }
  const chunk = counter(media['chunk']);
  const timestampMs = counter(media['timestamp']);
  return { event: 'media', streamId, track, chunk, timestampMs, payload };
}

function parseError(message: Json): TelnyxMediaMessage {
  const { code, title } = object(message['payload']);
  return {
    event: 'error',
    code: typeof code === 'number' || typeof code === 'string' ? String(code).slice(0, 20) : '',
    title: typeof title === 'string' ? title.slice(0, 100) : '',
  };
}

/** Telnyx counts in decimal texts; a number would do as well. */
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

function object(value: unknown): Json {
  return isObject(value) ? value : EMPTY;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(kind: string, problem: string): TelnyxMediaMessage {
  return { event: 'invalid', kind, problem };
}
