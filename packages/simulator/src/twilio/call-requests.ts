import type { Clock } from '@phone-agents/core';
import type { CarrierWarning } from '../carrier-call.ts';
import { CallbackQueue } from '../callback-queue.ts';
import type { CarrierFaults } from '../faults.ts';
import { createRandom } from '../random.ts';
import { callFields, statusFields, voiceFields, type CallFacts } from './call-fields.ts';
import type { Callback } from './create-call.ts';
import { readDocument } from './read-document.ts';
import type { ServerAddress } from './server-address.ts';
import { TwilioProblem } from './twilio-problem.ts';
import type { FormFields } from './twilio-signature.ts';
import type { TwimlDocument } from './twiml-player.ts';
import type { WebhookClient, WebhookPurpose, WebhookRecord } from './webhook-client.ts';

/** A status callback that a number may be subscribed to. */
export type StatusCallbackEvent = 'initiated' | 'ringing' | 'answered' | 'completed';

/** What a call's requests are made with. */
export interface CallRequestsOptions {
  readonly clock: Clock;
  readonly client: WebhookClient;
  readonly address: ServerAddress;
  readonly faults: CarrierFaults;
  readonly seed: number;
  readonly statusCallbacks: readonly StatusCallbackEvent[];
  /** Where status is reported to. */
  readonly statusCallback: Callback | undefined;
  /** Fields that a test sends besides, or instead, with the voice webhook. */
  readonly ownFields: Readonly<Record<string, string>>;
  /** The call as it is now. */
  readonly facts: () => CallFacts;
  readonly onWarning: (warning: CarrierWarning) => void;
}

/** Everything that is asked of and told to the server by HTTP about one call. */
export class CallRequests {
  readonly records: WebhookRecord[] = [];
  readonly #options: CallRequestsOptions;
  readonly #callbacks = new AbortController();
  readonly #statusQueue: CallbackQueue<FormFields>;
  #statusSequence = 0;
  #reports: Promise<void> = Promise.resolve();

  constructor(options: CallRequestsOptions) {
    this.#options = options;
    this.#statusQueue = new CallbackQueue({
      clock: options.clock,
      faults: options.faults,
      random: createRandom(options.seed, 'status callbacks'),
      signal: this.#callbacks.signal,
      send: (fields) =>
        this.notify(
          'status',
          options.statusCallback?.url,
          options.statusCallback?.method ?? 'POST',
          fields,
        ),
    });
  }

  /** Resolves when all status callbacks so far were made. */
  get idle(): Promise<void> {
    return Promise.all([this.#statusQueue.idle, this.#reports]).then(() => undefined);
  }

  /** No more callbacks are made. */
  close(): void {
    this.#callbacks.abort();
  }

  /** Asks the number's voice webhook what to do. @throws TwilioProblem */
  fetchVoice(signal: AbortSignal): Promise<TwimlDocument> {
    const { address, faults, seed, facts, ownFields } = this.#options;
    const retried = createRandom(seed, 'webhooks').chance(faults.retriedWebhooks);
    return this.#ask(
      'voice',
      address.voiceUrl,
      'POST',
      voiceFields(facts(), ownFields),
      signal,
      retried ? (faults.webhookRetryAfterMs ?? 0) : undefined,
    );
  }

  /** Asks the number's fallback URL after `problem`. @throws TwilioProblem */
  fetchFallback(url: string, problem: TwilioProblem, signal: AbortSignal): Promise<TwimlDocument> {
    const fields: FormFields = [
      ...voiceFields(this.#options.facts(), this.#options.ownFields),
      ['ErrorCode', String(problem.code)],
      ['ErrorUrl', this.records.at(-1)?.url ?? ''],
    ];
    return this.#ask('fallback', url, 'POST', fields, signal);
  }

  /** Asks another URL what to do next. @throws TwilioProblem */
  fetchNext(
    purpose: WebhookPurpose,
    url: string,
    method: string | undefined,
    fields: FormFields,
    signal: AbortSignal,
  ): Promise<TwimlDocument> {
    const verb = method?.toUpperCase() === 'GET' ? 'GET' : 'POST';
    return this.#ask(purpose, url, verb, [...callFields(this.#options.facts()), ...fields], signal);
  }

  /** Something happened that the number may be subscribed to. `durationSeconds` is given at the end. */
  reportStatus(event: StatusCallbackEvent, durationSeconds?: number): void {
    const { clock, facts, statusCallback, statusCallbacks } = this.#options;
    const sequenceNumber = this.#statusSequence++;
    if (statusCallback === undefined || !statusCallbacks.includes(event)) return;
    const wallTimeMs = clock.wallTimeMs();
    const call = facts();
    this.#statusQueue.add(
      statusFields(event === 'initiated' ? { ...call, status: 'initiated' } : call, {
        sequenceNumber,
        wallTimeMs,
        durationSeconds,
      }),
      event === 'completed',
    );
  }

  /** Tells the server by `callback` something of the call, once what was to be told before was told. */
  report(purpose: WebhookPurpose, callback: Callback | undefined, fields: FormFields): void {
    if (!callback) return;
    const before = this.#reports;
    this.#reports = before.then(() => this.notify(purpose, callback.url, callback.method, fields));
  }

  /** Tells the server something that needs no answer. Never rejects. */
  async notify(
    purpose: WebhookPurpose,
    url: string | undefined,
    method: 'GET' | 'POST',
    fields: FormFields,
  ): Promise<void> {
    const { signal } = this.#callbacks;
    if (url === undefined || signal.aborted) return;
    const { client, address, onWarning } = this.#options;
    try {
      await client.ask({ purpose, url, method, fields, address, signal, record: this.#record });
    } catch (error) {
      // Twilio notes it in its console and goes on.
      if (error instanceof TwilioProblem && !signal.aborted) {
        onWarning({ code: error.code, message: `${purpose} callback: ${error.message}` });
      }
    }
  }

  async #ask(
    purpose: WebhookPurpose,
    url: string,
    method: 'GET' | 'POST',
    fields: FormFields,
    signal: AbortSignal,
    doubledAfterMs?: number,
  ): Promise<TwimlDocument> {
    const { client, address } = this.#options;
    const call = { purpose, url, method, fields, address, signal, record: this.#record };
    return readDocument(await client.ask(call, doubledAfterMs));
  }

  readonly #record = (record: WebhookRecord): void => void this.records.push(record);
}
