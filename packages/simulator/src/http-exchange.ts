import { request as httpRequest, type Agent as HttpAgent } from 'node:http';
import { request as httpsRequest, type Agent as HttpsAgent } from 'node:https';
import type { Clock } from '@phone-agents/core';

/** One HTTP request of the carrier to our server. */
export interface HttpExchangeRequest {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly connectTimeoutMs: number;
  readonly totalTimeoutMs: number;
  readonly maxBodyBytes: number;
}

export interface HttpExchangeResponse {
  readonly status: number;
  readonly contentType: string;
  readonly location: string | undefined;
  readonly body: string;
}

/** Why no answer came. `connect` means that the server never got the request. */
export type HttpFailure = 'connect' | 'timeout' | 'connection' | 'too-large' | 'aborted';

/** No usable answer came. */
export class HttpExchangeError extends Error {
  readonly failure: HttpFailure;

  constructor(failure: HttpFailure, message: string) {
    super(message);
    this.name = 'HttpExchangeError';
    this.failure = failure;
  }
}

export interface HttpExchangeContext {
  readonly clock: Clock;
  readonly httpAgent: HttpAgent;
  readonly httpsAgent: HttpsAgent;
  readonly signal: AbortSignal;
}

/**
 * Makes one request, with its time limits on the carrier's clock.
 *
 * @throws HttpExchangeError
 */
export function exchangeHttp(
  request: HttpExchangeRequest,
  context: HttpExchangeContext,
): Promise<HttpExchangeResponse> {
  const { clock, signal } = context;
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(new HttpExchangeError('aborted', 'The carrier gave the request up.'));
      return;
    }
    const secure = request.url.protocol === 'https:';
    const body = request.body === undefined ? undefined : Buffer.from(request.body);
    const outgoing = (secure ? httpsRequest : httpRequest)(request.url, {
      method: request.method,
      agent: secure ? context.httpsAgent : context.httpAgent,
      headers: {
        ...request.headers,
        ...(body === undefined ? {} : { 'content-length': String(body.length) }),
      },
    });
    let connected = false;
    const fail = (failure: HttpFailure, message: string): void => {
      finish();
      reject(new HttpExchangeError(failure, message));
      outgoing.destroy();
    };
    const onAbort = (): void => fail('aborted', 'The carrier gave the request up.');
    const connectTimer = clock.setTimeout(() => {
      if (!connected) fail('connect', `No connection within ${request.connectTimeoutMs} ms.`);
    }, request.connectTimeoutMs);
    const totalTimer = clock.setTimeout(
      () => fail('timeout', `No complete answer within ${request.totalTimeoutMs} ms.`),
      request.totalTimeoutMs,
    );
    const finish = (): void => {
      connectTimer.cancel();
      totalTimer.cancel();
      signal.removeEventListener('abort', onAbort);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    outgoing.on('socket', (socket) => {
      if (!socket.connecting) connected = true;
      else socket.once(secure ? 'secureConnect' : 'connect', () => (connected = true));
    });
    outgoing.on('error', (error) => {
      fail(connected ? 'connection' : 'connect', error.message);
    });
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > request.maxBodyBytes) {
          fail('too-large', `The answer is longer than ${request.maxBodyBytes} bytes.`);
        } else chunks.push(chunk);
      });
      response.on('error', (error) => fail('connection', error.message));
      response.on('aborted', () => fail('connection', 'The answer broke off.'));
      response.on('end', () => {
        finish();
        resolve({
          status: response.statusCode ?? 0,
          contentType: response.headers['content-type'] ?? '',
          location: response.headers.location,
          body: Buffer.concat(chunks).toString('utf8'),
        });
      });
    });
    outgoing.end(body);
  });
}
