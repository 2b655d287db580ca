import { base64Capacity, decodeBase64 } from './base64.ts';
import type { JsonMediaProtocol } from './json-media-protocol.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const CLOSE = 0x7d;
const ZERO = 0x30;
const LETTER_A = 0x61;
const LETTER_H = 0x68;
const LETTER_I = 0x69;
const LETTER_M = 0x6d;
const LETTER_R = 0x72;
const MAX_DIGITS = 15;
/** More audio than this in one message (2 s) is no live audio. */
const MAX_FRAMES = 100;

// Members of a media message, each up to where its value begins.
const EVENT = ascii('{"event":"media"');
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
const NEEDED = SEEN_STREAM_ID | SEEN_MEDIA | SEEN_CHUNK | SEEN_TIMESTAMP | SEEN_PAYLOAD;

/**
 * Reads the messages that hold the caller's audio of one stream straight from their bytes: one pass,
 * no string, no object.
 *
 * It knows the usual shape (`event` first, then members in any order, counts as texts, no white space,
 * no escapes) and takes nothing else: whatever it does not take is for `JSON.parse`, which would give
 * the same for all that it takes.
 */
export class JsonMediaReader {
  /** The audio of the last message that was read; reused by the next. */
  bytes: Uint8Array;
  chunk = 0;
  timestampMs = 0;
  readonly #streamId: Uint8Array;
  readonly #sequenceNumber: Uint8Array;
  readonly #needed: number;
  /** Base64 characters of 20 ms: where the payload's end is looked for first. */
  readonly #usualLength: number;
  readonly #maxBytes: number;
  #store: Uint8Array;
  #end = 0;
  #number = 0;

  /** @param bytesPerFrame Bytes of 20 ms of the stream's audio. */
  constructor(protocol: JsonMediaProtocol, streamId: string, bytesPerFrame: number) {
    const { hasTracks = true, sequenceNumber } = protocol;
    this.#streamId = member(protocol.streamId, JSON.stringify(streamId));
    this.#sequenceNumber = member(sequenceNumber, '"');
    this.#needed = hasTracks ? NEEDED | SEEN_TRACK : NEEDED;
    this.#usualLength = Math.ceil(bytesPerFrame / 3) * 4;
    this.#maxBytes = MAX_FRAMES * bytesPerFrame;
    this.#store = new Uint8Array(base64Capacity(this.#usualLength));
    this.bytes = this.#store.subarray(0, bytesPerFrame);
  }

  /** Whether the message was the caller's audio in the usual shape; `bytes`, `chunk` and `timestampMs` hold it then. */
  read(data: Uint8Array): boolean {
    if (!matches(data, 0, EVENT)) return false;
    let at = EVENT.length;
    let seen = 0;
    while (data[at] === COMMA) {
      at++;
      let member: number;
      if (data[at + 1] === LETTER_M) {
        member = SEEN_MEDIA;
        const inner = this.#readMedia(data, at);
        if (inner === 0) return false;
        seen |= inner;
        at = this.#end;
      } else if (matches(data, at, this.#streamId)) {
        member = SEEN_STREAM_ID;
        at += this.#streamId.length;
      } else {
        member = SEEN_SEQUENCE_NUMBER;
        if (!this.#readDigits(data, at, this.#sequenceNumber)) return false;
        at = this.#end;
      }
      // Of a name that comes twice JSON takes the last.
      if ((seen & member) !== 0) return false;
      seen |= member;
    }
    const needed = this.#needed;
    return data[at] === CLOSE && at === data.length - 1 && (seen & needed) === needed;
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
    if (capacity > this.#maxBytes) return -1;
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

function member(name: string, value: string): Uint8Array {
  return Buffer.from(`${JSON.stringify(name)}:${value}`, 'utf8');
}

function ascii(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}
