import type { MediaSocket, PhoneMediaStream, PhoneMediaStreamOptions } from '@phone-agents/core';
import { loadPeer } from '../optional-peer.ts';

/** Whose messages go over the media socket. */
export type CarrierName = 'twilio' | 'telnyx';

/** What a server sends to a phone company. */
export type ServerMessage =
  | { readonly event: 'media'; readonly payload: Uint8Array }
  | { readonly event: 'mark'; readonly name: string }
  | { readonly event: 'clear' };

/** One phone company's media messages, from its side of the socket. All audio is mu-law at 8 kHz. */
export interface MediaProtocol {
  readonly carrier: CarrierName;
  /** Our side: the plugin's own media stream. */
  createStream(socket: MediaSocket, options: PhoneMediaStreamOptions): PhoneMediaStream;
  /** The first messages of a stream. */
  start(streamId: string, callId: string): readonly string[];
  /** One frame of the caller's; `chunk` counts from 1. */
  media(streamId: string, chunk: number, payload: Uint8Array): string;
  digit(streamId: string, digit: string): string;
  mark(streamId: string, name: string): string;
  stop(streamId: string, callId: string): string;
}

/**
 * The protocol of a carrier; its plugin is loaded when it is first needed.
 *
 * @throws PhoneAgentError with code `package_missing` that names what to install.
 */
export async function loadMediaProtocol(carrier: CarrierName): Promise<MediaProtocol> {
  return carrier === 'twilio' ? twilio() : telnyx();
}

async function twilio(): Promise<MediaProtocol> {
  const { TwilioMediaStream } = await loadPeer(
    '@phone-agents/twilio',
    () => import('@phone-agents/twilio'),
  );
  return {
    carrier: 'twilio',
    createStream: (socket, options) => new TwilioMediaStream(socket, options),
    start: (streamSid, callSid) => [
      JSON.stringify({ event: 'connected', protocol: 'Call', version: '1.0.0' }),
      JSON.stringify({
        event: 'start',
        sequenceNumber: '1',
        start: {
          accountSid: 'AC00000000000000000000000000000000',
          streamSid,
          callSid,
          tracks: ['inbound'],
          mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
          customParameters: {},
        },
        streamSid,
      }),
    ],
    media: (streamSid, chunk, payload) =>
      JSON.stringify({
        event: 'media',
        sequenceNumber: String(chunk + 1),
        media: {
          track: 'inbound',
          chunk: String(chunk),
          timestamp: String(chunk * 20),
          payload: base64(payload),
        },
        streamSid,
      }),
    digit: (streamSid, digit) =>
      JSON.stringify({ event: 'dtmf', streamSid, dtmf: { track: 'inbound_track', digit } }),
    mark: (streamSid, name) => JSON.stringify({ event: 'mark', streamSid, mark: { name } }),
    stop: (streamSid, callSid) => JSON.stringify({ event: 'stop', streamSid, stop: { callSid } }),
  };
}

async function telnyx(): Promise<MediaProtocol> {
  const { TelnyxMediaStream } = await loadPeer(
    '@phone-agents/telnyx',
    () => import('@phone-agents/telnyx'),
  );
  return {
    carrier: 'telnyx',
    createStream: (socket, options) => new TelnyxMediaStream(socket, options),
    start: (stream_id, call_control_id) => [
      JSON.stringify({ event: 'connected', version: '1.0.0' }),
      JSON.stringify({
        event: 'start',
        sequence_number: '1',
        start: {
          user_id: 'user',
          call_control_id,
          client_state: null,
          media_format: { encoding: 'PCMU', sample_rate: 8000, channels: 1 },
        },
        stream_id,
      }),
    ],
    media: (stream_id, chunk, payload) =>
      JSON.stringify({
        event: 'media',
        sequence_number: String(chunk + 1),
        media: {
          track: 'inbound',
          chunk: String(chunk),
          timestamp: String(chunk * 20),
          payload: base64(payload),
        },
        stream_id,
      }),
    digit: (stream_id, digit) =>
      JSON.stringify({ event: 'dtmf', stream_id, sequence_number: '0', dtmf: { digit } }),
    mark: (stream_id, name) => JSON.stringify({ event: 'mark', stream_id, mark: { name } }),
    stop: (stream_id, call_control_id) =>
      JSON.stringify({ event: 'stop', stream_id, stop: { call_control_id } }),
  };
}

/** What a server has sent; undefined for what no phone company would understand. */
export function readServerMessage(text: string): ServerMessage | undefined {
  const message = JSON.parse(text) as {
    readonly event?: unknown;
    readonly media?: { readonly payload?: unknown };
    readonly mark?: { readonly name?: unknown };
  };
  const { payload } = message.media ?? {};
  const { name } = message.mark ?? {};
  if (message.event === 'media' && typeof payload === 'string') {
    return { event: 'media', payload: Buffer.from(payload, 'base64') };
  }
  if (message.event === 'mark' && typeof name === 'string') return { event: 'mark', name };
  return message.event === 'clear' ? { event: 'clear' } : undefined;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
