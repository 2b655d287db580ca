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
}

/** Delivers the callbacks of one call, in order unless faults want it otherwise. */
export class CallbackQueue<Callback> {
  readonly #options: CallbackQueueOptions<Callback>;
  #tail: Promise<void> = Promise.resolve();
  /** Waits for the one that comes after it. */
  #overtaken: Callback | undefined;

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
    const overtaken = this.#overtaken;
    this.#overtaken = undefined;
    if (overtaken !== undefined) {
      this.#deliver(callback);
      this.#deliver(overtaken);
    } else if (!isLast && random.chance(faults.reorderedStatusCallbacks)) {
      this.#overtaken = callback;
    } else this.#deliver(callback);
  }

  #deliver(callback: Callback): void {
    const { clock, faults, random, signal, send } = this.#options;
    const times = random.chance(faults.doubledStatusCallbacks) ? 2 : 1;
    const dueMs = clock.now() + (faults.statusCallbackDelayMs ?? 0);
    this.#tail = this.#tail.then(async () => {
      const leftMs = dueMs - clock.now();
      if (leftMs > 0) await delay(clock, leftMs, signal);
      for (let i = 0; i < times && !signal.aborted; i++) await send(callback);
    });
  }
}
