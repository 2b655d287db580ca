import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { delay, type Clock } from '@phone-agents/core';
import { exchangeHttp, HttpExchangeError } from '../http-exchange.ts';
import type { TelnyxSigningKey } from './telnyx-signature.ts';

const MAX_BODY_BYTES = 65_536;
const ATTEMPTS_PER_URL = 3;
const RETRY_AFTER_MS = 500;

/** One event of a call, as a webhook tells it. */
export interface TelnyxEvent {
  readonly eventType: string;
  /** The same in every repetition. */
  readonly id: string;
  /** ISO 8601, in microseconds. */
  readonly occurredAt: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** One request that the carrier made to the server, for tests to read. */
export interface TelnyxWebhookRecord {
  readonly eventType: string;
  readonly id: string;
  /** Counted from 1. */
  readonly attempt: number;
  /** As the server believes it. */
  readonly url: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /** HTTP status of the answer; undefined until it is there, or where none came. */
  readonly status?: number | undefined;
  /** Why no answer came. */
  readonly failure?: string | undefined;
}

type MutableRecord = { -readonly [Key in keyof TelnyxWebhookRecord]: TelnyxWebhookRecord[Key] };

/** Where events go, and how long an answer may take. */
export interface WebhookTarget {
  /** The application's address, then its failover address, as the server believes them. */
  readonly urls: readonly string[];
  readonly timeoutMs: number;
  /** Where a URL is found on this network. */
  toNetwork(url: string): string;
}

/** One event to deliver. */
export interface WebhookDelivery {
  readonly event: TelnyxEvent;
  readonly target: WebhookTarget;
  readonly signal: AbortSignal;
  readonly record: (record: TelnyxWebhookRecord) => void;
}

type Outcome = 'acknowledged' | 'retry' | 'refused';

/**
 * Makes all requests of one carrier: signed, with a time limit, and repeated where nothing or a
 * failure is answered. Three attempts at each address are this stand-in's choice: Telnyx's documents
 * say only that it tries again, then elsewhere.
 */
export class TelnyxWebhookClient {
  readonly #key: TelnyxSigningKey;
  readonly #clock: Clock;
  readonly #httpAgent = new HttpAgent({ keepAlive: true });
  readonly #httpsAgent = new HttpsAgent({ keepAlive: true });

  constructor(key: TelnyxSigningKey, clock: Clock) {
    this.#key = key;
    this.#clock = clock;
  }

  /** Resolves with undefined when the server took it, else with what went wrong. Never rejects. */
  async deliver(delivery: WebhookDelivery): Promise<string | undefined> {
    const { target, signal } = delivery;
    let attempt = 0;
    let problem = 'no address is known';
    for (const url of target.urls) {
      for (let i = 0; i < ATTEMPTS_PER_URL; i++) {
        if (attempt > 0) await delay(this.#clock, RETRY_AFTER_MS, signal);
        if (signal.aborted) return 'the carrier gave it up';
        const record: MutableRecord = {
          eventType: delivery.event.eventType,
          id: delivery.event.id,
          attempt: ++attempt,
          url,
          payload: delivery.event.payload,
        };
        delivery.record(record);
        const outcome = await this.#attempt(delivery, record);
        if (outcome === 'acknowledged') return undefined;
        problem = record.failure ?? `the server answered with HTTP status ${record.status}`;
        if (outcome === 'refused') break;
      }
    }
    return problem;
  }

  /** Closes all connections. */
  close(): void {
    this.#httpAgent.destroy();
    this.#httpsAgent.destroy();
  }

  async #attempt(
    { event, target, signal }: WebhookDelivery,
    record: MutableRecord,
  ): Promise<Outcome> {
    const body = JSON.stringify({
      data: {
        record_type: 'event',
        event_type: event.eventType,
        id: event.id,
        occurred_at: event.occurredAt,
        payload: event.payload,
      },
      meta: { attempt: record.attempt, delivered_to: record.url },
    });
    const timestamp = String(Math.floor(this.#clock.wallTimeMs() / 1000));
    const network = target.toNetwork(record.url);
    if (!/^https?:\/\//i.test(network) || !URL.canParse(network)) {
      record.failure = 'the webhook address is not a URL';
      return 'refused';
    }
    try {
      const answer = await exchangeHttp(
        {
          url: new URL(network),
          method: 'POST',
          headers: {
            'user-agent': 'telnyx-webhooks',
            'content-type': 'application/json',
            'telnyx-timestamp': timestamp,
            'telnyx-signature-ed25519': this.#key.sign(timestamp, body),
          },
          body,
          maxBodyBytes: MAX_BODY_BYTES,
          connectTimeoutMs: target.timeoutMs,
          totalTimeoutMs: target.timeoutMs,
        },
        {
          clock: this.#clock,
          httpAgent: this.#httpAgent,
          httpsAgent: this.#httpsAgent,
          signal,
        },
      );
      record.status = answer.status;
      return judge(answer.status);
    } catch (error) {
      if (!(error instanceof HttpExchangeError)) throw error;
      record.failure = error.message;
      return 'retry';
    }
  }
}

/** Of what is neither taken nor refused for good there is another attempt. Redirects are not followed. */
function judge(status: number): Outcome {
  if (status >= 200 && status < 300) return 'acknowledged';
  return status === 408 || status === 429 || status >= 500 ? 'retry' : 'refused';
}
