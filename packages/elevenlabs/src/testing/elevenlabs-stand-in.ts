import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { encodeL16, encodeMulaw } from '@phone-agents/core';

/** Makes speech: signed 16-bit mono PCM at `sampleRate`, in one piece or several. */
export type Speak = (text: string, sampleRate: number) => Int16Array | AsyncIterable<Int16Array>;

/** How the stand-in of ElevenLabs behaves; all have defaults. */
export interface ElevenLabsStandInOptions {
  /** The only key that is accepted; default `stand-in-key`. */
  readonly apiKey?: string | undefined;
  /** Default a tone of 60 ms for each letter. */
  readonly speak?: Speak | undefined;
  /** Bytes in one piece of the answer; default 1,023, so that a sample lies across two. */
  readonly pieceBytes?: number | undefined;
}

/** One request for speech. */
export interface ElevenLabsStandInRequest {
  readonly voice: string;
  readonly format: string;
  readonly text: string;
  /** The whole body, as it came. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Bytes of audio that went out so far. */
  readonly sentBytes: number;
  readonly state: 'speaking' | 'finished' | 'cancelled' | 'broken-off' | 'refused';
}

/** How the next requests are refused. */
export interface ElevenLabsRefusal {
  readonly status: number;
  /** ElevenLabs' name for the reason, such as `quota_exceeded`. */
  readonly reason: string;
  readonly message: string;
  /** How many; default one. */
  readonly times?: number | undefined;
}

/** ElevenLabs on this machine. Made by {@link createElevenLabsStandIn}. */
export interface ElevenLabsStandIn {
  /** For `baseUrl`. */
  readonly url: string;
  readonly apiKey: string;
  /** All requests so far, in the order in which they came. */
  readonly requests: readonly ElevenLabsStandInRequest[];
  /** Refuses the next requests. */
  refuse(refusal: ElevenLabsRefusal): void;
  /** The next request's audio stops after so many bytes and waits until `resume` is called. */
  holdAfter(bytes: number): void;
  resume(): void;
  /** The next request's connection breaks after so many bytes. */
  breakAfter(bytes: number): void;
  close(): Promise<void>;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const PATH = /^\/v1\/text-to-speech\/([^/]+)\/stream$/;
const FORMAT = /^(pcm|ulaw)_(8000|16000|24000|48000)$/;

/**
 * Starts a stand-in for ElevenLabs' streaming speech on 127.0.0.1, as its API reference has it ("Stream
 * speech"): it checks key, voice, format and text, streams audio in pieces, notices when the other side
 * hangs up, and misbehaves as told.
 */
export async function createElevenLabsStandIn(
  options: ElevenLabsStandInOptions = {},
): Promise<ElevenLabsStandIn> {
  const { apiKey = 'stand-in-key', speak = speakTone, pieceBytes = 1_023 } = options;
  const requests: Mutable<ElevenLabsStandInRequest>[] = [];
  const refusals: ElevenLabsRefusal[] = [];
  let hold: { readonly at: number; readonly released: Promise<void> } | undefined;
  let breakAt: number | undefined;
  let resume = (): void => {};

  const serve = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(message.url ?? '/', 'http://stand-in');
    const body = await readJson(message);
    const format = searchParams.get('output_format') ?? 'mp3_44100_128';
    const voice = decodeURIComponent(PATH.exec(pathname)?.[1] ?? '');
    const text = typeof body['text'] === 'string' ? body['text'] : '';
    const request: Mutable<ElevenLabsStandInRequest> = {
      voice,
      format,
      text,
      body,
      sentBytes: 0,
      state: 'speaking',
    };
    requests.push(request);
    const refuse = (status: number, reason: string, says: string): void => {
      request.state = 'refused';
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ detail: { status: reason, code: reason, message: says } }));
    };
    const planned = refusals.shift();
    const [, encoding, rate] = FORMAT.exec(format) ?? [];
    if (planned) refuse(planned.status, planned.reason, planned.message);
    else if (voice === '') refuse(404, 'not_found', 'Not found');
    else if (message.headers['xi-api-key'] !== apiKey) {
      refuse(401, 'invalid_api_key', 'Invalid API key');
    } else if (encoding === undefined) {
      refuse(400, 'invalid_output_format', 'This stand-in speaks pcm and ulaw.');
    } else if (text === '') refuse(422, 'text_missing', 'The text must not be empty.');
    else await speakTo(response, request, encoding, Number(rate));
  };

  const speakTo = async (
    response: ServerResponse,
    request: Mutable<ElevenLabsStandInRequest>,
    encoding: string,
    rate: number,
  ): Promise<void> => {
    const stop = hold;
    const endAt = breakAt;
    hold = breakAt = undefined;
    const hungUp = new Promise<void>((resolve) => {
      response.on('close', () => {
        if (request.state === 'speaking') request.state = 'cancelled';
        resolve();
      });
    });
    response.writeHead(200, { 'content-type': encoding === 'pcm' ? 'audio/pcm' : 'audio/basic' });
    for await (const samples of toPieces(speak(request.text, rate))) {
      const bytes = encoding === 'pcm' ? encodeL16(samples, 'little-endian') : encodeMulaw(samples);
      for (let at = 0; at < bytes.length; at += pieceBytes) {
        if (stop && request.sentBytes >= stop.at) await Promise.race([stop.released, hungUp]);
        if (request.state !== 'speaking') return;
        if (endAt !== undefined && request.sentBytes >= endAt) {
          request.state = 'broken-off';
          response.destroy();
          return;
        }
        const piece = bytes.subarray(at, at + pieceBytes);
        request.sentBytes += piece.length;
        await new Promise<void>((resolve) => response.write(piece, () => resolve()));
      }
    }
    if (request.state !== 'speaking') return;
    request.state = 'finished';
    response.end();
  };

  const server = createServer((message, response) => {
    serve(message, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    apiKey,
    requests,
    refuse: (refusal) => {
      for (let count = 0; count < (refusal.times ?? 1); count++) refusals.push(refusal);
    },
    holdAfter: (at) => (hold = { at, released: new Promise((resolve) => (resume = resolve)) }),
    resume: () => resume(),
    breakAfter: (bytes) => (breakAt = bytes),
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function readJson(message: IncomingMessage): Promise<Record<string, unknown>> {
  let text = '';
  for await (const piece of message.setEncoding('utf8')) text += String(piece);
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

async function* toPieces(
  speech: Int16Array | AsyncIterable<Int16Array>,
): AsyncGenerator<Int16Array> {
  if (speech instanceof Int16Array) yield speech;
  else yield* speech;
}

function speakTone(text: string, sampleRate: number): Int16Array {
  const samples = new Int16Array(text.length * 0.06 * sampleRate);
  return samples.map((_, index) => 8_000 * Math.sin((2 * Math.PI * 440 * index) / sampleRate));
}
