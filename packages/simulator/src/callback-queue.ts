import { delay, type Clock } from '@phone-agents/core';
import type { CarrierFaults } from './faults.ts';
import type { Random } from './random.ts';

/** What a {@link CallbackQueue} is made with. */
export interface CallbackQueueOptions<Callback> {
  readonly clock: Clock;
  readonly faults: CarrierFaults;
  readonly random: Random;
  readonly signal: AbortSignal;
  /** Delivers one; never rejects. */
  readonly send: (callback: Callback) => Promise<void>;
  /** Do not wait for the answer to one before the next is sent; default false. */
  readonly concurrent?: boolean | undefined;
}

/** Delivers the callbacks of one call, sent in order unless faults want it otherwise. */
export class CallbackQueue<Callback> {
  readonly #options: CallbackQueueOptions<Callback>;
  #tail: Promise<void> = Promise.resolve();
  /** Waits for the one that comes after it. */
  #overtaken: Callback | undefined;
  /** The last one was there: what comes all the same waits for nothing. */
  #complete = false;

  constructor(options: CallbackQueueOptions<Callback>) {
    this.#options = options;
  }

  /** Resolves when all that was added so far has been delivered. */
  get idle(): Promise<void> {
    return this.#tail;
  }

  /** @param isLast Nothing follows it, so nothing can overtake it. */
  add(callback: Callback, isLast: boolean): void {
    const { faults, random } = this.#options;
    if (random.chance(faults.lostStatusCallbacks)) return;
    const overtaken = this.#overtaken;
    this.#overtaken = undefined;
    this.#complete ||= isLast;
    if (overtaken !== undefined) {
      const delivered = this.#deliver(callback);
      void this.#deliver(overtaken, delivered);
    } else if (!this.#complete && random.chance(faults.reorderedStatusCallbacks)) {
      this.#overtaken = callback;
    } else void this.#deliver(callback);
  }

  /** @param after What it has to wait for, where callbacks do not wait for each other anyway. */
  #deliver(callback: Callback, after: Promise<void> = Promise.resolve()): Promise<void> {
    const { clock, faults, random, signal, send, concurrent = false } = this.#options;
    const times = random.chance(faults.doubledStatusCallbacks) ? 2 : 1;
    const dueMs = clock.now() + (faults.statusCallbackDelayMs ?? 0);
    const before = this.#tail;
    const delivery = (concurrent ? after : before).then(async () => {
      const leftMs = dueMs - clock.now();
      if (leftMs > 0) await delay(clock, leftMs, signal);
      for (let i = 0; i < times && !signal.aborted; i++) await send(callback);
    });
    this.#tail = concurrent ? Promise.all([before, delivery]).then(() => undefined) : delivery;
    return delivery;
  }
}
