import type { AudioFormat } from '@phone-agents/core';
import { PayloadDecoder, type ServerMessage } from '../server-message.ts';
import { isFields } from './rest-answer.ts';

/** A message that Telnyx answers with an `error` message (Telnyx docs, "Media Streaming over WebSockets"). */
export interface MessageError {
  /** 100003: not a message that is known; 100004: audio that cannot be played. */
  readonly code: 100003 | 100004;
  readonly detail: string;
}

const MEDIA_HEAD = '{"event":"media","media":{"payload":"';

/**
 * Reads what a server sends on one stream. Fields that are not needed do no harm, as at Telnyx. The
 * usual spelling of a media message is read without JSON, for it comes fifty times a second.
 */
export class ServerMessageReader {
  readonly #decoder = new PayloadDecoder(MEDIA_HEAD);

  /** The payload of a media message is borrowed: it is valid until the next call. */
  read(data: Buffer, isBinary: boolean): ServerMessage | MessageError {
    if (isBinary) return malformed('A binary message; only text is understood.');
    return this.#decoder.read(data) ?? this.#readJson(data.toString('utf8'));
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
    const payload = this.#decoder.decode(text);
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
