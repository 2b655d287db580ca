import { randomUUID } from 'node:crypto';
import { delay, type Clock } from '@phone-agents/core';
import { CallbackQueue } from '../callback-queue.ts';
import type { CarrierWarning } from '../carrier-call.ts';
import type { CarrierFaults } from '../faults.ts';
import { createRandom } from '../random.ts';
import type { EventLog } from './event-log.ts';
import { isoTime } from './iso-time.ts';
import type {
  TelnyxEvent,
  TelnyxWebhookClient,
  TelnyxWebhookRecord,
  WebhookTarget,
} from './webhook-client.ts';

/** What a call's events are told with. */
export interface CallEventsOptions {
  readonly clock: Clock;
  readonly client: TelnyxWebhookClient;
  readonly target: WebhookTarget;
  readonly faults: CarrierFaults;
  readonly seed: number;
  readonly onWarning: (warning: CarrierWarning) => void;
  /** Where all events are kept. */
  readonly log: EventLog;
}

type Payload = Readonly<Record<string, unknown>>;

/**
 * Tells the server of one call by webhooks: at once, without waiting for the answer to the one
 * before, so that they may arrive in any order.
 */
export class CallEvents {
  readonly records: TelnyxWebhookRecord[] = [];
  readonly #options: CallEventsOptions;
  readonly #closed = new AbortController();
  readonly #queue: CallbackQueue<TelnyxEvent>;
  #first: Promise<unknown> = Promise.resolve();

  constructor(options: CallEventsOptions) {
    this.#options = options;
    this.#queue = new CallbackQueue({
      clock: options.clock,
      faults: options.faults,
      random: createRandom(options.seed, 'events'),
      signal: this.#closed.signal,
      send: async (event) => void (await this.#deliver(event)),
      concurrent: true,
    });
  }

  /** Resolves when all events so far have been answered or given up. */
  get idle(): Promise<void> {
    return Promise.all([this.#first, this.#queue.idle]).then(() => undefined);
  }

  /** Nothing more is sent. */
  close(): void {
    this.#closed.abort();
  }

  /**
   * Tells of the call itself. Resolves with undefined when the server took it, else with what went
   * wrong. Never rejects.
   */
  announceCall(payload: Payload): Promise<string | undefined> {
    const { clock, faults, seed } = this.#options;
    const event = this.#event('call.initiated', payload);
    const deliveries = [this.#deliver(event)];
    if (createRandom(seed, 'webhooks').chance(faults.retriedWebhooks)) {
      const waited = delay(clock, faults.webhookRetryAfterMs ?? 0, this.#closed.signal);
      deliveries.push(waited.then(() => this.#deliver(event)));
    }
    const announced = Promise.all(deliveries).then((problems) =>
      problems.includes(undefined) ? undefined : problems[0],
    );
    this.#first = announced;
    return announced;
  }

  /** Tells of something that happened. @param isLast Nothing follows it. */
  tell(eventType: string, payload: Payload, isLast = false): void {
    this.#queue.add(this.#event(eventType, payload), isLast);
  }

  #event(eventType: string, payload: Payload): TelnyxEvent {
    const occurredAt = isoTime(this.#options.clock.wallTimeMs());
    this.#options.log.add({ name: eventType, eventTimestamp: occurredAt, payload });
    return { eventType, id: randomUUID(), occurredAt, payload };
  }

  async #deliver(event: TelnyxEvent): Promise<string | undefined> {
    const { client, target, onWarning } = this.#options;
    const { signal } = this.#closed;
    if (signal.aborted) return 'the carrier was closed';
    const problem = await client.deliver({
      event,
      target,
      signal,
      record: (record) => void this.records.push(record),
    });
    if (problem !== undefined && !signal.aborted) {
      onWarning({ code: 0, message: `The webhook ${event.eventType} was not taken: ${problem}.` });
    }
    return problem;
  }
}
