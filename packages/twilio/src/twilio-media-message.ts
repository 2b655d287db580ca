/** The stream's first words about itself. Text fields are as Twilio sent them. */
export interface TwilioStartMessage {
  readonly event: 'start';
  readonly streamSid: string;
  readonly callSid: string;
  /** `audio/x-mulaw`, as long as Twilio sends what it documents. */
  readonly encoding: string;
  readonly sampleRate: number;
  readonly channels: number;
  readonly parameters: Readonly<Record<string, string>>;
}

/** A piece of audio. Its place is absent where Twilio's numbers make no sense: then it follows the one before. */
export interface TwilioInboundMediaMessage {
  readonly event: 'media';
  readonly streamSid: string;
  /** `inbound` is the caller. */
  readonly track: string;
  /** From 1, one more with each piece of the track. */
  readonly chunk?: number | undefined;
  /** From the stream's start, in ms. */
  readonly timestampMs?: number | undefined;
  /** Base64, not yet looked at. */
  readonly payload: string;
}

/** What Twilio may send on a media WebSocket ("Media Streams: WebSocket Messages"). */
export type TwilioMediaMessage =
  | { readonly event: 'connected' }
  | TwilioStartMessage
  | TwilioInboundMediaMessage
  | { readonly event: 'dtmf'; readonly streamSid: string; readonly digit: string }
  | { readonly event: 'mark'; readonly streamSid: string; readonly name: string }
  | { readonly event: 'stop'; readonly streamSid: string }
  /** A message that is none of these; `problem` says why and quotes nothing of it. */
  | { readonly event: 'invalid'; readonly kind: string; readonly problem: string };

type Json = Readonly<Record<string, unknown>>;

const EMPTY: Json = Object.freeze({});
const MAX_ID_LENGTH = 128;

/** Reads one message of any shape. Never throws. */
export function parseTwilioMediaMessage(text: string): TwilioMediaMessage {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return invalid('not-json', 'it is not JSON');
  }
  if (!isObject(message)) return invalid('not-json', 'it is not a JSON object');
  const { event } = message;
  if (event === 'connected') return { event };
  if (event === 'start') return parseStart(message);
  if (event !== 'media' && event !== 'dtmf' && event !== 'mark' && event !== 'stop') {
    return invalid('unknown-event', 'its event is unknown');
  }
  const streamSid = identifier(message['streamSid']);
  if (streamSid === undefined) return invalid(event, `a ${event} without streamSid`);
  const body = isObject(message[event]) ? message[event] : EMPTY;
  if (event === 'media') return parseMedia(streamSid, body);
  if (event === 'stop') return { event, streamSid };
  if (event === 'dtmf') {
    const { digit } = body;
    if (typeof digit !== 'string' || !/^[\d*#A-D]$/.test(digit)) {
      return invalid(event, 'a dtmf without a digit');
    }
    return { event, streamSid, digit };
  }
  const { name } = body;
  return typeof name === 'string'
    ? { event, streamSid, name }
    : invalid(event, 'a mark without a name');
}

function parseStart(message: Json): TwilioMediaMessage {
  const start = isObject(message['start']) ? message['start'] : EMPTY;
  const streamSid = identifier(message['streamSid'] ?? start['streamSid']);
  const callSid = identifier(start['callSid']);
  if (streamSid === undefined || callSid === undefined) {
    return invalid('start', 'a start without streamSid or callSid');
  }
  const {
    encoding,
    sampleRate,
    channels = 1,
  } = isObject(start['mediaFormat']) ? start['mediaFormat'] : EMPTY;
  if (
    typeof encoding !== 'string' ||
    typeof sampleRate !== 'number' ||
    typeof channels !== 'number'
  ) {
    return invalid('start', 'a start without mediaFormat');
  }
  const custom = isObject(start['customParameters']) ? start['customParameters'] : EMPTY;
  const parameters = Object.fromEntries(
    Object.entries(custom).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  );
  return { event: 'start', streamSid, callSid, encoding, sampleRate, channels, parameters };
}

function parseMedia(streamSid: string, media: Json): TwilioMediaMessage {
  const { track, payload } = media;
  if (typeof track !== 'string') return invalid('media', 'a media without a track');
  if (typeof payload !== 'string' || payload === '') {
    return invalid('media', 'a media without a payload');
  }
  const chunk = counter(media['chunk']);
  const timestampMs = counter(media['timestamp']);
  return { event: 'media', streamSid, track, chunk, timestampMs, payload };
}

/** Twilio counts in decimal texts; a number would do as well. */
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

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(kind: string, problem: string): TwilioMediaMessage {
  return { event: 'invalid', kind, problem };
}
