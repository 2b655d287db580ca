import type { AudioFormat } from '@phone-agents/core';
import { isFields } from './rest-answer.ts';

/** What a server may send on a media socket, after it was checked. */
export type ServerMessage =
  | { readonly event: 'media'; readonly payload: Buffer }
  | { readonly event: 'mark'; readonly name: string }
  | { readonly event: 'clear' };

/** A message that Telnyx answers with an `error` message (Telnyx docs, "Media Streaming over WebSockets"). */
export interface MessageError {
  /** 100003: not a message that is known; 100004: audio that cannot be played. */
  readonly code: 100003 | 100004;
  readonly detail: string;
}

const MEDIA_HEAD = Buffer.from('{"event":"media","media":{"payload":"');
const MEDIA_TAIL = Buffer.from('"}}');
const BASE64 = /^[A-Za-z\d+/]*={0,2}$/;

/**
 * Reads what a server sends on one stream. Fields that are not needed do no harm, as at Telnyx. The
 * usual spelling of a media message is read without JSON, for it comes fifty times a second.
 */
export class ServerMessageReader {
  #scratch = Buffer.allocUnsafe(4_096);

  /** The payload of a media message is borrowed: it is valid until the next call. */
  read(data: Buffer, isBinary: boolean): ServerMessage | MessageError {
    if (isBinary) return malformed('A binary message; only text is understood.');
    return this.#readUsualMedia(data) ?? this.#readJson(data.toString('utf8'));
  }

  #readUsualMedia(data: Buffer): ServerMessage | undefined {
    const start = MEDIA_HEAD.length;
    const end = data.length - MEDIA_TAIL.length;
    if (end < start || data.compare(MEDIA_HEAD, 0, start, 0, start) !== 0) return undefined;
    if (data.compare(MEDIA_TAIL, 0, MEDIA_TAIL.length, end) !== 0) return undefined;
    const payload = this.#decode(data.toString('latin1', start, end));
    return payload && { event: 'media', payload };
  }

  /** Undefined where it is not base64. */
  #decode(text: string): Buffer | undefined {
    if (text.length === 0 || text.length % 4 !== 0) return undefined;
    const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
    const length = (text.length / 4) * 3 - padding;
    if (this.#scratch.length < length + 2) this.#scratch = Buffer.allocUnsafe(length * 2);
    // Characters that are not base64 are skipped by Node: then fewer bytes come out.
    if (this.#scratch.write(text, 0, 'base64') !== length) return undefined;
    return this.#scratch.subarray(0, length);
  }

  #readJson(text: string): ServerMessage | MessageError {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return malformed('The message is not JSON.');
    }
    if (!isFields(value)) return malformed('The message is not a JSON object.');
    const { event, media, mark } = value;
    switch (event) {
      case 'media':
        return this.#readMedia(media);
      case 'mark': {
        const name = isFields(mark) ? mark['name'] : undefined;
        return typeof name === 'string' && name !== ''
          ? { event: 'mark', name }
          : malformed('"mark.name" is not a text.');
      }
      case 'clear':
        return { event: 'clear' };
      default:
        return malformed('The event is missing or unknown.');
    }
  }

  #readMedia(media: unknown): ServerMessage | MessageError {
    const text = isFields(media) ? media['payload'] : undefined;
    if (typeof text !== 'string') return malformed('"media.payload" is not a text.');
    const payload = BASE64.test(text) ? this.#decode(text) : undefined;
    return payload
      ? { event: 'media', payload }
      : invalidMedia('The media that was provided is not base64.');
  }
}

export function invalidMedia(detail: string): MessageError {
  return { code: 100004, detail };
}

function malformed(detail: string): MessageError {
  return { code: 100003, detail };
}

/** What Telnyx tells of a stream at its start. */
export interface StartFacts {
  readonly streamId: string;
  readonly userId: string;
  readonly callControlId: string;
  readonly callSessionId: string;
  readonly from: string;
  readonly to: string;
  readonly clientState: string | null;
  readonly customParameters: Readonly<Record<string, string>> | undefined;
  /** Form of the audio to the server. */
  readonly format: AudioFormat;
}

/** The first message; with the token that the server asked for, where it did. */
export function connectedMessage(authToken: string | undefined): string {
  const proof =
    authToken === undefined ? {} : { connected: { 'x-telnyx-streaming-auth-token': authToken } };
  return JSON.stringify({ event: 'connected', version: '1.0.0', ...proof });
}

/** The first message of a stream that counts; its sequence number is always "1". */
export function startMessage(facts: StartFacts): string {
  return JSON.stringify({
    event: 'start',
    sequence_number: '1',
    start: {
      user_id: facts.userId,
      call_control_id: facts.callControlId,
      call_session_id: facts.callSessionId,
      from: facts.from,
      to: facts.to,
      tags: [],
      client_state: facts.clientState,
      ...(facts.customParameters === undefined
        ? {}
        : { custom_parameters: facts.customParameters }),
      media_format: {
        encoding: facts.format.encoding,
        sample_rate: facts.format.sampleRate,
        channels: 1,
      },
    },
    stream_id: facts.streamId,
  });
}

/** One frame of one track. Nothing in it needs escaping, so it is put together by hand. */
export function mediaMessage(
  streamId: string,
  sequenceNumber: number,
  track: 'inbound' | 'outbound',
  chunk: number,
  timestampMs: number,
  payload: string,
): string {
  return `{"event":"media","sequence_number":"${sequenceNumber}","media":{"track":"${track}","chunk":"${chunk}","timestamp":"${timestampMs}","payload":"${payload}"},"stream_id":"${streamId}"}`;
}

export function digitMessage(
  streamId: string,
  sequenceNumber: number,
  occurredAt: string,
  digit: string,
): string {
  return JSON.stringify({
    event: 'dtmf',
    stream_id: streamId,
    occurred_at: occurredAt,
    sequence_number: String(sequenceNumber),
    dtmf: { digit },
  });
}

export function markMessage(streamId: string, sequenceNumber: number, name: string): string {
  return JSON.stringify({
    event: 'mark',
    stream_id: streamId,
    sequence_number: String(sequenceNumber),
    mark: { name },
  });
}

export function errorMessage(streamId: string, error: MessageError): string {
  const title = error.code === 100004 ? 'invalid_media' : 'malformed_frame';
  return JSON.stringify({
    event: 'error',
    stream_id: streamId,
    payload: { code: error.code, title, detail: error.detail },
  });
}

export function stopMessage(facts: StartFacts, sequenceNumber: number): string {
  return JSON.stringify({
    event: 'stop',
    sequence_number: String(sequenceNumber),
    stop: { user_id: facts.userId, call_control_id: facts.callControlId },
    stream_id: facts.streamId,
  });
}
