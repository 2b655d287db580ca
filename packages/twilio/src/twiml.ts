import { TwimlError } from './twilio-error.ts';

/** Twilio refuses a longer document (error 11750). */
export const TWIML_LIMIT_BYTES = 65_536;
/** Twilio drops a stream parameter whose name and value together reach this many characters. */
export const STREAM_PARAMETER_LIMIT = 500;

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>';
// What XML 1.0 cannot hold in any form: control characters, surrogates without a partner, two non-characters.
const FORBIDDEN =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/u;
const FORBIDDEN_RUN = new RegExp(`(?:${FORBIDDEN.source})+`, 'gu');
const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

/** Options of {@link createMediaStreamTwiml}. */
export interface MediaStreamTwimlOptions {
  /** Where Twilio asks how to go on when the stream is over; without, the call is hung up. */
  readonly actionUrl?: string | undefined;
  /** Where Twilio reports that the stream started, stopped or failed: the only place that names handshake errors. */
  readonly statusCallbackUrl?: string | undefined;
  /** A name for the stream, unique in the call. */
  readonly name?: string | undefined;
  /** Keys that are sent to the other side before: `0` to `9`, `*`, `#`, and `w` for half a second's pause. */
  readonly digits?: string | undefined;
  /** Come back in the stream's `start`. Twilio drops query strings of stream addresses: use these, or the path. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
}

/** How a sentence is spoken, as `<Say>` takes it. */
export interface AnnouncementOptions {
  /** `Polly.Amy-Neural`, `Google.en-GB-Standard-A`; default Twilio's. */
  readonly voice?: string | undefined;
  /** `en-GB`; default Twilio's. */
  readonly language?: string | undefined;
}

/** Options of {@link createForwardTwiml}. */
export interface ForwardTwimlOptions {
  /** Asked when the other leg is over; without, the call is hung up. */
  readonly actionUrl?: string | undefined;
  /** The number that the other phone shows; default: the caller's. */
  readonly callerId?: string | undefined;
  /** How long the other phone rings, in ms; default Twilio's 30 s. */
  readonly timeoutMs?: number | undefined;
  /** How long both may talk, in ms; default: Twilio's 4 hours. */
  readonly maxDurationMs?: number | undefined;
}

/** Options of {@link createConferenceTwiml}. */
export interface ConferenceTwimlOptions {
  /** How long this one may take part, in ms; default: Twilio's 4 hours. */
  readonly maxDurationMs?: number | undefined;
}

/**
 * The TwiML that connects a call's audio with a WebSocket both ways, and hangs up behind it.
 *
 * @param url - `wss://` address without query (`ws://` for a simulated carrier).
 * @throws TwimlError for another address, a parameter of 500 characters or more, or more than 64 kB.
 */
export function createMediaStreamTwiml(url: string, options: MediaStreamTwimlOptions = {}): string {
  if (!URL.canParse(url) || !/^wss?:\/\//i.test(url)) {
    throw new TwimlError('A media stream needs an absolute address that begins with wss://.');
  }
  if (/[?#]/.test(url)) {
    throw new TwimlError(
      'The address of a media stream cannot hold a query or a fragment, for Twilio drops it; use the path, or parameters.',
    );
  }
  const parameters = Object.entries(options.parameters ?? {}).map(([name, value]) => {
    if (name.length + value.length >= STREAM_PARAMETER_LIMIT) {
      throw new TwimlError(
        `A stream parameter must have fewer than ${STREAM_PARAMETER_LIMIT} characters, name and value together; pass an id and look the rest up.`,
      );
    }
    return element('Parameter', { name, value });
  });
  const stream = element(
    'Stream',
    { url, name: options.name, statusCallback: options.statusCallbackUrl },
    parameters.join(''),
  );
  const { actionUrl, digits } = options;
  const play = digits === undefined ? '' : element('Play', { digits });
  return document(play + element('Connect', { action: actionUrl }, stream) + element('Hangup'));
}

/** The TwiML that declines a call before it is answered: it costs nothing. */
export function createRejectTwiml(reason: 'busy' | 'rejected'): string {
  return document(element('Reject', { reason }));
}

/** The TwiML that sends a call to another number, and hangs up behind it. */
export function createForwardTwiml(to: string, options: ForwardTwimlOptions = {}): string {
  const { actionUrl, callerId, maxDurationMs, timeoutMs } = options;
  const times = { timeout: seconds(timeoutMs), timeLimit: seconds(maxDurationMs) };
  const dial = element(
    'Dial',
    { action: actionUrl, callerId, ...times },
    element('Number', {}, speech(to)),
  );
  return document(dial + element('Hangup'));
}

/**
 * The TwiML that lets a call talk with the other one in the conference of this name, and hangs up
 * behind it: when either of both leaves, the conference is over for the other.
 */
export function createConferenceTwiml(name: string, options: ConferenceTwimlOptions = {}): string {
  const conference = element(
    'Conference',
    // Neither a beep nor music: for both it is one call.
    { beep: 'false', startConferenceOnEnter: 'true', endConferenceOnExit: 'true', waitUrl: '' },
    speech(name),
  );
  const dial = element('Dial', { timeLimit: seconds(options.maxDurationMs) }, conference);
  return document(dial + element('Hangup'));
}

function seconds(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : String(Math.max(1, Math.round(ms / 1000)));
}

/**
 * The TwiML that says a sentence and hangs up.
 *
 * @throws TwimlError for more than 64 kB.
 */
export function createAnnouncementTwiml(text: string, options: AnnouncementOptions = {}): string {
  const say = element('Say', { voice: options.voice, language: options.language }, speech(text));
  return document(say + element('Hangup'));
}

/** The TwiML that hangs up. */
export function createHangUpTwiml(): string {
  return document(element('Hangup'));
}

function document(content: string): string {
  const twiml = `${DECLARATION}<Response>${content}</Response>`;
  if (Buffer.byteLength(twiml) > TWIML_LIMIT_BYTES) {
    throw new TwimlError('The TwiML is longer than the 64 kB that Twilio takes; say or pass less.');
  }
  return twiml;
}

function element(
  name: string,
  attributes: Readonly<Record<string, string | undefined>> = {},
  content = '',
): string {
  let tag = `<${name}`;
  for (const [attribute, value] of Object.entries(attributes)) {
    if (value !== undefined) tag += ` ${attribute}="${attributeValue(value)}"`;
  }
  return content === '' ? `${tag}/>` : `${tag}>${content}</${name}>`;
}

/** A changed address or parameter would be a riddle later, so what XML cannot hold is refused here. */
function attributeValue(value: string): string {
  if (FORBIDDEN.test(value)) {
    throw new TwimlError('TwiML cannot hold control characters; remove them.');
  }
  return value.replace(/[&<>"'\t\n\r]/g, (character) => ESCAPES[character]!);
}

/** Nobody hears a control character, so one in spoken text is a space, and the call goes on. */
function speech(text: string): string {
  return text.replace(FORBIDDEN_RUN, ' ').replace(/[&<>"'\r]/g, (character) => ESCAPES[character]!);
}
