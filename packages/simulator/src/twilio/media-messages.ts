import { PayloadDecoder, type ServerMessage } from '../server-message.ts';

/** A message that Twilio would warn of: 31950 for one it cannot use at all, 31951 for a wrong one. */
export interface MessageWarning {
  readonly code: 31950 | 31951;
  readonly message: string;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads what a server sends on one stream, as strictly as Twilio's documents describe it: exactly the
 * fields of "Media Streams - WebSocket Messages", no more and no less. The usual spelling of a media
 * message is read without JSON, for it comes fifty times a second.
 */
export class ServerMessageReader {
  readonly #streamSid: string;
  readonly #decoder: PayloadDecoder;

  constructor(streamSid: string) {
    this.#streamSid = streamSid;
    this.#decoder = new PayloadDecoder(
      `{"event":"media","streamSid":"${streamSid}","media":{"payload":"`,
    );
  }

  /** The payload of a media message is borrowed: it is valid until the next call. */
  read(data: Buffer, isBinary: boolean): ServerMessage | MessageWarning {
    if (isBinary) return { code: 31950, message: 'A binary message; only text is understood.' };
    return this.#decoder.read(data) ?? this.#readJson(data.toString('utf8'));
  }

  #readJson(text: string): ServerMessage | MessageWarning {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return warning('It is not JSON.');
    }
    if (!isFields(value)) return warning('It is not a JSON object.');
    const event = value['event'];
    if (typeof event !== 'string') return warning('The field "event" is missing.');
    switch (event) {
      case 'media':
        return (
          this.#checkStream(value, ['event', 'streamSid', 'media']) ??
          this.#readMedia(value['media'])
        );
      case 'mark':
        return this.#checkStream(value, ['event', 'streamSid', 'mark']) ?? readMark(value['mark']);
      case 'clear':
        return this.#checkStream(value, ['event', 'streamSid']) ?? { event: 'clear' };
      default:
        return warning(`The event "${event.slice(0, 40)}" is unknown.`);
    }
  }

  #checkStream(value: Fields, names: readonly string[]): MessageWarning | undefined {
    const wrong = checkNames(value, names, String(value['event']));
    if (wrong) return wrong;
    if (value['streamSid'] === this.#streamSid) return undefined;
    return warning('The "streamSid" is not the one of this stream.');
  }

  #readMedia(media: unknown): ServerMessage | MessageWarning {
    if (!isFields(media)) return warning('"media" is not an object.');
    const wrong = checkNames(media, ['payload'], 'media');
    if (wrong) return wrong;
    const text = media['payload'];
    if (typeof text !== 'string') return warning('"media.payload" is not a string.');
    const payload = this.#decoder.decode(text);
    return payload ? { event: 'media', payload } : warning('"media.payload" is not base64 audio.');
  }
}

function readMark(mark: unknown): ServerMessage | MessageWarning {
  if (!isFields(mark)) return warning('"mark" is not an object.');
  const wrong = checkNames(mark, ['name'], 'mark');
  if (wrong) return wrong;
  const name = mark['name'];
  return typeof name === 'string' && name !== ''
    ? { event: 'mark', name }
    : warning('"mark.name" is not a text.');
}

function checkNames(
  value: Fields,
  names: readonly string[],
  where: string,
): MessageWarning | undefined {
  const missing = names.find((name) => !(name in value));
  if (missing !== undefined) return warning(`The field "${missing}" is missing in "${where}".`);
  const extra = Object.keys(value).find((name) => !names.includes(name));
  return extra === undefined
    ? undefined
    : warning(`The field "${extra.slice(0, 40)}" does not belong into "${where}".`);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function warning(message: string): MessageWarning {
  return { code: 31951, message };
}

/** What Twilio tells of a stream at its start. */
export interface StartFacts {
  readonly accountSid: string;
  readonly callSid: string;
  readonly streamSid: string;
  readonly parameters: Readonly<Record<string, string>>;
}

export const CONNECTED_MESSAGE = JSON.stringify({
  event: 'connected',
  protocol: 'Call',
  version: '1.0.0',
});

/** The first message of a stream; its sequence number is always "1". */
export function startMessage(facts: StartFacts): string {
  return JSON.stringify({
    event: 'start',
    sequenceNumber: '1',
    start: {
      accountSid: facts.accountSid,
      streamSid: facts.streamSid,
      callSid: facts.callSid,
      tracks: ['inbound'],
      mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
      customParameters: facts.parameters,
    },
    streamSid: facts.streamSid,
  });
}

/** One frame of the caller. Nothing in it needs escaping, so it is put together by hand. */
export function mediaMessage(
  streamSid: string,
  sequenceNumber: number,
  chunk: number,
  timestampMs: number,
  payload: string,
): string {
  return `{"event":"media","sequenceNumber":"${sequenceNumber}","media":{"track":"inbound","chunk":"${chunk}","timestamp":"${timestampMs}","payload":"${payload}"},"streamSid":"${streamSid}"}`;
}

export function digitMessage(streamSid: string, sequenceNumber: number, digit: string): string {
  return JSON.stringify({
    event: 'dtmf',
    streamSid,
    sequenceNumber: String(sequenceNumber),
    dtmf: { track: 'inbound_track', digit },
  });
}

export function markMessage(streamSid: string, sequenceNumber: number, name: string): string {
  return JSON.stringify({
    event: 'mark',
    sequenceNumber: String(sequenceNumber),
    streamSid,
    mark: { name },
  });
}

export function stopMessage(facts: StartFacts, sequenceNumber: number): string {
  return JSON.stringify({
    event: 'stop',
    sequenceNumber: String(sequenceNumber),
    stop: { accountSid: facts.accountSid, callSid: facts.callSid },
    streamSid: facts.streamSid,
  });
}
