import { randomUUID } from 'node:crypto';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { delay, type Clock } from '@phone-agents/core';
import { exchangeHttp, HttpExchangeError, type HttpExchangeResponse } from '../http-exchange.ts';
import type { ServerAddress } from './server-address.ts';
import { TwilioProblem } from './twilio-problem.ts';
import { signedUrl, signTwilioRequest, type FormFields } from './twilio-signature.ts';
import { readWebhookPatience, type RetryCause } from './webhook-overrides.ts';

const MAX_BODY_BYTES = 65_536;
const MAX_REDIRECTS = 10;

/** What a request to our server was for. */
export type WebhookPurpose =
  | 'voice'
  | 'fallback'
  | 'redirect'
  | 'update'
  | 'connect-action'
  | 'dial-action'
  | 'status'
  | 'machine-detection'
  | 'recording'
  | 'stream-status';

/** One request that the carrier made to our server, for tests to read. */
export interface WebhookRecord {
  readonly purpose: WebhookPurpose;
  /** As the server believes it. */
  readonly url: string;
  readonly fields: Readonly<Record<string, string>>;
  /** HTTP status of the answer; undefined until it is there, or where none came. */
  readonly status?: number | undefined;
  readonly body?: string | undefined;
  /** Why no answer came. */
  readonly failure?: string | undefined;
}

type MutableRecord = { -readonly [Key in keyof WebhookRecord]: WebhookRecord[Key] };

/** One request to make. */
export interface WebhookCall {
  readonly purpose: WebhookPurpose;
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly fields: FormFields;
  readonly address: ServerAddress;
  readonly signal: AbortSignal;
  readonly record: (record: WebhookRecord) => void;
}

/** An answer together with the URL that gave it, against which relative URLs in it count. */
export interface WebhookAnswer extends HttpExchangeResponse {
  readonly url: string;
}

/** Makes all requests of one carrier: signed, with Twilio's time limits, retries and redirects. */
export class WebhookClient {
  readonly #authToken: string;
  readonly #clock: Clock;
  // A connection for each request: a kept one may be closed by the server just as it is used again.
  readonly #httpAgent = new HttpAgent({ keepAlive: false });
  readonly #httpsAgent = new HttpsAgent({ keepAlive: false });

  constructor(authToken: string, clock: Clock) {
    this.#authToken = authToken;
    this.#clock = clock;
  }

  /**
   * Asks the server, twice at the same time when `doubledAfterMs` is given, as after an answer that
   * got lost; then the second answer counts.
   *
   * @throws TwilioProblem 11200 for an HTTP error or a broken answer, 11205 where none came, 11215 for
   *   too many redirects, 11750 for an answer that is too long, 11100 for a URL that is none.
   */
  async ask(call: WebhookCall, doubledAfterMs?: number): Promise<WebhookAnswer> {
    if (doubledAfterMs === undefined) return this.#askPatiently(call, undefined);
    // What becomes of the first request is of no interest, but it is made in full.
    this.#askPatiently(call, undefined).catch(() => undefined);
    await delay(this.#clock, doubledAfterMs, call.signal);
    return this.#askPatiently(call, randomUUID());
  }

  /** Closes all connections. */
  close(): void {
    this.#httpAgent.destroy();
    this.#httpsAgent.destroy();
  }

  async #askPatiently(call: WebhookCall, token: string | undefined): Promise<WebhookAnswer> {
    const patience = readWebhookPatience(call.url);
    const deadlineMs = this.#clock.now() + patience.totalTimeoutMs;
    let idempotencyToken = token;
    for (let retriesLeft = patience.retries; ; retriesLeft--) {
      const leftMs = Math.max(1, deadlineMs - this.#clock.now());
      let cause: RetryCause | undefined;
      let problem: TwilioProblem;
      try {
        const answer = await this.#follow(call, idempotencyToken, {
          connectTimeoutMs: Math.min(patience.connectTimeoutMs, leftMs),
          totalTimeoutMs: Math.min(patience.readTimeoutMs, leftMs),
        });
        if (answer.status >= 200 && answer.status < 300) return answer;
        cause = answer.status >= 500 ? '5xx' : '4xx';
        problem = new TwilioProblem(
          11200,
          `The server answered with HTTP status ${answer.status}.`,
        );
      } catch (error) {
        if (!(error instanceof HttpExchangeError)) throw error;
        ({ cause, problem } = explain(error));
      }
      const again = cause !== undefined && patience.retryCauses.has(cause) && retriesLeft > 0;
      if (!again || this.#clock.now() >= deadlineMs || call.signal.aborted) throw problem;
      idempotencyToken ??= randomUUID();
    }
  }

  async #follow(
    call: WebhookCall,
    idempotencyToken: string | undefined,
    limits: { readonly connectTimeoutMs: number; readonly totalTimeoutMs: number },
  ): Promise<WebhookAnswer> {
    let { url, method } = call;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const answer = await this.#exchange({ ...call, url, method }, idempotencyToken, limits);
      if (answer.location === undefined || answer.status < 301 || answer.status > 308)
        return answer;
      if (answer.status !== 307 && answer.status !== 308) method = 'GET';
      url = new URL(answer.location, answer.url).href;
    }
    throw new TwilioProblem(11215, `The server redirects more than ${MAX_REDIRECTS} times.`);
  }

  async #exchange(
    call: WebhookCall,
    idempotencyToken: string | undefined,
    limits: { readonly connectTimeoutMs: number; readonly totalTimeoutMs: number },
  ): Promise<WebhookAnswer> {
    const form = encodeForm(call.fields);
    const plainUrl = call.url.replace(/#.*$/, '');
    const isPost = call.method === 'POST';
    const url = isPost ? plainUrl : `${plainUrl}${plainUrl.includes('?') ? '&' : '?'}${form}`;
    const network = call.address.toNetwork(url);
    if (!/^https?:\/\//i.test(network) || !URL.canParse(network)) {
      throw new TwilioProblem(11100, 'The URL of a webhook is not valid.');
    }
    const record: MutableRecord = {
      purpose: call.purpose,
      url,
      fields: Object.fromEntries(call.fields),
    };
    call.record(record);
    try {
      const answer = await exchangeHttp(
        {
          url: new URL(network),
          method: call.method,
          headers: {
            'user-agent': 'TwilioProxy/1.1',
            accept: '*/*',
            'x-twilio-signature': signTwilioRequest(
              this.#authToken,
              signedUrl(url),
              isPost ? call.fields : [],
            ),
            ...(isPost
              ? { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' }
              : {}),
            ...(idempotencyToken === undefined
              ? {}
              : { 'i-twilio-idempotency-token': idempotencyToken }),
          },
          body: isPost ? form : undefined,
          maxBodyBytes: MAX_BODY_BYTES,
          ...limits,
        },
        {
          clock: this.#clock,
          httpAgent: this.#httpAgent,
          httpsAgent: this.#httpsAgent,
          signal: call.signal,
        },
      );
      record.status = answer.status;
      record.body = answer.body;
      return { ...answer, url };
    } catch (error) {
      record.failure = (error as Error).message;
      throw error;
    }
  }
}

function encodeForm(fields: FormFields): string {
  const form = new URLSearchParams();
  for (const [name, value] of fields) form.append(name, value);
  return form.toString();
}

function explain(error: HttpExchangeError): {
  cause: RetryCause | undefined;
  problem: TwilioProblem;
} {
  switch (error.failure) {
    case 'connect':
      return { cause: 'ct', problem: new TwilioProblem(11205, `No connection: ${error.message}`) };
    case 'timeout':
      return { cause: 'rt', problem: new TwilioProblem(11205, error.message) };
    case 'too-large':
      return { cause: undefined, problem: new TwilioProblem(11750, error.message) };
    default:
      return { cause: undefined, problem: new TwilioProblem(11200, error.message) };
  }
}
