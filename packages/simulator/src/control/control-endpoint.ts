import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SampleRate } from '@phone-agents/core';
import type { CarrierCall, CarrierCallOptions } from '../carrier-call.ts';
import { readBody, sendJson } from '../local-server.ts';
import {
  CALLS_PATH,
  parseCallOrder,
  STATION_PATH,
  type ControlMessage,
} from './control-protocol.ts';
import { decodeCallerAudio } from './caller-audio.ts';
import { runCallScript, summariseCall } from './call-script.ts';

const MAX_BODY_BYTES = 64 * 1024 * 1024;
const LOOPBACK_HOST = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i;

/**
 * Lets another process on this machine place calls at a running carrier: `POST /simulator/calls` takes
 * what the caller does, and answers with one JSON message a line as the call goes on. When the other
 * side goes away, its caller hangs up. No secret is needed, so it serves no web page: it wants JSON
 * (which a page of another origin may not send unasked) and a loopback host name.
 */
export class ControlEndpoint {
  readonly #provider: string;
  readonly #placeCall: (options: CarrierCallOptions) => Promise<CarrierCall>;
  readonly #sampleRate: SampleRate;

  /** @param sampleRate Rate of the carrier's calls, in Hz; default 8000. */
  constructor(
    provider: string,
    placeCall: (options: CarrierCallOptions) => Promise<CarrierCall>,
    sampleRate: SampleRate = 8000,
  ) {
    this.#provider = provider;
    this.#placeCall = placeCall;
    this.#sampleRate = sampleRate;
  }

  /** Whether a path is this endpoint's. */
  owns(path: string): boolean {
    return path === STATION_PATH || path === CALLS_PATH;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!LOOPBACK_HOST.test(request.headers.host ?? '')) {
      sendJson(response, 403, { message: 'Only for this machine.' });
    } else if (request.url === STATION_PATH && request.method === 'GET') {
      sendJson(response, 200, { simulator: this.#provider });
    } else if (request.url !== CALLS_PATH || request.method !== 'POST') {
      sendJson(response, 405, { message: `Use GET ${STATION_PATH} or POST ${CALLS_PATH}.` });
    } else if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
      sendJson(response, 415, { message: 'The content type must be application/json.' });
    } else await this.#call(request, response);
  }

  async #call(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await readBody(request, MAX_BODY_BYTES);
    if (text === undefined) {
      sendJson(response, 413, { message: `At most ${MAX_BODY_BYTES} bytes.` });
      return;
    }
    let order;
    let audio: Int16Array | undefined;
    try {
      order = parseCallOrder(text);
      if (order.audio !== undefined) {
        audio = decodeCallerAudio(Buffer.from(order.audio, 'base64'), this.#sampleRate);
      }
    } catch (error) {
      sendJson(response, 400, { message: (error as Error).message });
      return;
    }
    const send = (message: ControlMessage): void => {
      if (!response.destroyed) response.write(`${JSON.stringify(message)}\n`);
    };
    let call: CarrierCall;
    try {
      call = await this.#placeCall({
        from: order.from,
        to: order.to,
        record: order.record,
        onProgress: (progress) => {
          if (!response.headersSent)
            response.writeHead(200, { 'content-type': 'application/x-ndjson' });
          send({ type: 'progress', progress });
        },
      });
    } catch (error) {
      sendJson(response, 409, { message: (error as Error).message });
      return;
    }
    response.on('close', () => call.hangUp());
    response.on('error', () => call.hangUp());
    await runCallScript(call, { ...order, audio });
    send({ type: 'summary', ...summariseCall(call) });
    if (order.record) {
      send({ type: 'recording', wav: Buffer.from(call.recording()).toString('base64') });
    }
    response.end();
  }
}
