import { base64Capacity, decodeBase64 } from './base64.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const CLOSE = 0x7d;
const ZERO = 0x30;
const LETTER_A = 0x61;
const LETTER_E = 0x65;
const LETTER_H = 0x68;
const LETTER_I = 0x69;
const LETTER_M = 0x6d;
const LETTER_R = 0x72;
const LETTER_T = 0x74;
const MAX_DIGITS = 15;
/** More audio than this in one message (2 s of L16 at 16 kHz) is no live audio. */
export const MAX_MEDIA_BYTES = 64_000;

// Members of a media message, each up to where its value begins.
const EVENT = ascii('{"event":"media"');
const SEQUENCE_NUMBER = ascii('"sequence_number":"');
const MEDIA = ascii('"media":{');
const TRACK = ascii('"track":"inbound"');
const CHUNK = ascii('"chunk":"');
const TIMESTAMP = ascii('"timestamp":"');
const PAYLOAD = ascii('"payload":"');

const SEEN_SEQUENCE_NUMBER = 1;
const SEEN_STREAM_ID = 2;
const SEEN_MEDIA = 4;
const SEEN_TRACK = 8;
const SEEN_CHUNK = 16;
const SEEN_TIMESTAMP = 32;
const SEEN_PAYLOAD = 64;
const NEEDED =
  SEEN_STREAM_ID | SEEN_MEDIA | SEEN_TRACK | SEEN_CHUNK | SEEN_TIMESTAMP | SEEN_PAYLOAD;

/**
 * Reads the messages that hold the caller's audio of one stream straight from their bytes: one pass,
 * no string, no object.
 *
 * It knows the shape that Telnyx sends (members in any order after `event`, no white space, no
 * escapes) and takes nothing else: whatever it does not take is for `JSON.parse`, which would give
 * the same for all that it takes.
 */
export class TelnyxMediaReader {
  /** The audio of the last message that was read; reused by the next. */
  bytes: Uint8Array;
  chunk = 0;
  timestampMs = 0;
  readonly #streamId: Uint8Array;
  /** Base64 characters of 20 ms: where the payload's end is looked for first. */
  readonly #usualLength: number;
  #store: Uint8Array;
  #end = 0;
  #number = 0;

  /** @param usualBytes Bytes of 20 ms of the stream's audio. */
  constructor(streamId: string, usualBytes: number) {
    this.#usualLength = Math.ceil(usualBytes / 3) * 4;
    this.#store = new Uint8Array(base64Capacity(this.#usualLength));
    this.bytes = this.#store.subarray(0, usualBytes);
    this.#streamId = Buffer.from(`"stream_id":${JSON.stringify(streamId)}`, 'utf8');
  }

  /** Whether the message was the caller's audio in the usual shape; `bytes`, `chunk` and `timestampMs` hold it then. */
  read(data: Uint8Array): boolean {
    if (!matches(data, 0, EVENT)) return false;
    let at = EVENT.length;
    let seen = 0;
    while (data[at] === COMMA) {
      at++;
      let member: number;
      // Two letters tell which name it can be; the rest is compared once.
      switch (data[at + 2]) {
        case LETTER_E:
          if (data[at + 1] === LETTER_M) {
            member = SEEN_MEDIA;
            const inner = this.#readMedia(data, at);
            if (inner === 0) return false;
            seen |= inner;
          } else {
            member = SEEN_SEQUENCE_NUMBER;
            if (!this.#readDigits(data, at, SEQUENCE_NUMBER)) return false;
          }
          at = this.#end;
          break;
        case LETTER_T:
          member = SEEN_STREAM_ID;
          if (!matches(data, at, this.#streamId)) return false;
          at += this.#streamId.length;
          break;
        default:
          return false;
      }
      // Of a name that comes twice JSON takes the last.
      if ((seen & member) !== 0) return false;
      seen |= member;
    }
    return data[at] === CLOSE && at === data.length - 1 && (seen & NEEDED) === NEEDED;
  }

  /** Returns what it saw, and leaves `#end` behind the closing brace; 0 where the shape is another. */
  #readMedia(data: Uint8Array, from: number): number {
    if (!matches(data, from, MEDIA)) return 0;
    let at = from + MEDIA.length;
    let seen = 0;
    for (;;) {
      let member: number;
      // The second letter tells which name it can be; the rest is compared once.
      switch (data[at + 2]) {
        case LETTER_R:
          member = SEEN_TRACK;
          if (!matches(data, at, TRACK)) return 0;
          this.#end = at + TRACK.length;
          break;
        case LETTER_H:
          member = SEEN_CHUNK;
          if (!this.#readDigits(data, at, CHUNK)) return 0;
          this.chunk = this.#number;
          break;
        case LETTER_I:
          member = SEEN_TIMESTAMP;
          if (!this.#readDigits(data, at, TIMESTAMP)) return 0;
          this.timestampMs = this.#number;
          break;
        case LETTER_A:
          member = SEEN_PAYLOAD;
          if (!this.#readPayload(data, at)) return 0;
          break;
        default:
          return 0;
      }
      if ((seen & member) !== 0) return 0;
      seen |= member;
      at = this.#end;
      if (data[at] !== COMMA) break;
      at++;
    }
    if (data[at] !== CLOSE) return 0;
    this.#end = at + 1;
    return seen;
  }

  /** Reads `name`, digits and their closing quote; leaves the number in `#number`. */
  #readDigits(data: Uint8Array, from: number, name: Uint8Array): boolean {
    if (!matches(data, from, name)) return false;
    const first = from + name.length;
    let number = 0;
    let at = first;
    for (; at - first <= MAX_DIGITS; at++) {
      const digit = data[at]! - ZERO;
      if (!(digit >= 0 && digit <= 9)) break;
      number = number * 10 + digit;
    }
    const digits = at - first;
    if (digits === 0 || digits > MAX_DIGITS || data[at] !== QUOTE) return false;
    this.#number = number;
    this.#end = at + 1;
    return true;
  }

  #readPayload(data: Uint8Array, at: number): boolean {
    if (!matches(data, at, PAYLOAD)) return false;
    const from = at + PAYLOAD.length;
    let to = from + this.#usualLength;
    // A quote within would be refused by the decoder, so the usual length needs no search.
    if (data[to] !== QUOTE) {
      to = data.indexOf(QUOTE, from);
      if (to <= from) return false;
    }
    if (this.decode(data, from, to) <= 0) return false;
    this.#end = to + 1;
    return true;
  }

  /**
   * Decodes the base64 text from `from` to `to` into `bytes`.
   *
   * @returns the number of bytes, or -1 where it is not base64 or holds more than 2 s of audio.
   */
  decode(data: Uint8Array, from: number, to: number): number {
    const capacity = base64Capacity(to - from);
    if (capacity > MAX_MEDIA_BYTES) return -1;
    if (capacity > this.#store.length) this.bytes = this.#store = new Uint8Array(capacity);
    const length = decodeBase64(data, from, to, this.#store);
    if (length > 0 && length !== this.bytes.length) this.bytes = this.#store.subarray(0, length);
    return length;
  }
}

function matches(data: Uint8Array, at: number, expected: Uint8Array): boolean {
  for (let index = 0; index < expected.length; index++) {
    if (data[at + index] !== expected[index]) return false;
  }
  return true;
}

function ascii(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}
