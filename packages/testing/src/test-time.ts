import { setTimeout as realDelay } from 'node:timers/promises';
import type { Clock } from '@phone-agents/core';
import { systemClock } from '@phone-agents/core';
import { ManualClock } from '@phone-agents/core/testing';

/** How the time of a test passes. */
export interface TestTime {
  readonly clock: Clock;
  /** Lets time pass, and everything happen that is due. */
  pass(durationMs: number): Promise<void>;
  /** Waits for something that needs both time and real work. */
  until<T>(promise: Promise<T>): Promise<T>;
}

/** Real work that is under way and knows nothing of a virtual clock: a tool's request, a real model's answer. */
export class RealWork {
  #pending = 0;

  get isPending(): boolean {
    return this.#pending > 0;
  }

  async do<T>(work: () => PromiseLike<T> | T): Promise<T> {
    this.#pending++;
    try {
      return await work();
    } finally {
      this.#pending--;
    }
  }
}

const STEP_MS = 20;
/** Work that takes longer than this is taken for stuck; then time goes on, and timeouts see to it. */
const MAX_WORK_MS = 30_000;

/** Time that is moved by the test alone; it stands still while real work is under way. */
export class VirtualTime implements TestTime {
  readonly clock = new ManualClock();
  readonly #work: RealWork;

  constructor(work: RealWork) {
    this.#work = work;
  }

  async pass(durationMs: number): Promise<void> {
    for (let leftMs = durationMs; leftMs > 0; leftMs -= STEP_MS) {
      await this.clock.advance(Math.min(STEP_MS, leftMs));
      const startedAt = performance.now();
      while (this.#work.isPending && performance.now() - startedAt < MAX_WORK_MS) {
        await realDelay(1);
        await this.clock.advance(0);
      }
    }
  }

  async until<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settle = (): void => void (isSettled = true);
    promise.then(settle, settle);
    while (!isSettled) {
      await this.pass(STEP_MS);
      if (!isSettled) await realDelay(0);
    }
    return promise;
  }
}

/** The machine's time. */
export class RealTime implements TestTime {
  readonly clock = systemClock;

  async pass(durationMs: number): Promise<void> {
    await realDelay(durationMs);
  }

  until<T>(promise: Promise<T>): Promise<T> {
    return promise;
  }
}
