import type { Clock } from '../clock/clock.ts';
import type { Unsubscribe } from '../events/emitter.ts';
import type { Logger } from '../logging/logger.ts';
import type { CallEnd } from './call-end.ts';

/** What is disposed when a call ends. It is told how, has 2 s, and must not await the end itself. */
export type CallDisposer = (end: CallEnd) => void | Promise<void>;

/** Time that each disposer has when a call ends. */
export const DISPOSER_TIMEOUT_MS = 2_000;

/** All that a call owns, each disposed of once. */
export class CallBelongings {
  readonly #callId: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #disposers = new Set<CallDisposer>();

  constructor(callId: string, clock: Clock, logger: Logger) {
    this.#callId = callId;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** @returns a function that takes it back, for what was disposed of before. */
  add(disposer: CallDisposer): Unsubscribe {
    this.#disposers.add(disposer);
    return () => this.#disposers.delete(disposer);
  }

  /** Resolves when everything is disposed of, or has had its time; never rejects. */
  async disposeAll(end: CallEnd): Promise<void> {
    const disposers = [...this.#disposers];
    this.#disposers.clear();
    await Promise.all(disposers.map((disposer) => this.dispose(disposer, end)));
  }

  /** Disposes of one thing. Never rejects. */
  async dispose(disposer: CallDisposer, end: CallEnd): Promise<void> {
    try {
      const pending = disposer(end);
      if (!pending) return;
      await new Promise<void>((resolve, reject) => {
        const timer = this.#clock.setTimeout(() => {
          this.#logger.warn(
            { callId: this.#callId },
            'Something that the call owned did not close in time',
          );
          resolve();
        }, DISPOSER_TIMEOUT_MS);
        pending.then(resolve, reject).finally(() => timer.cancel());
      });
    } catch (error) {
      this.#logger.error(
        { callId: this.#callId, error },
        'Something that the call owned failed to close',
      );
    }
  }
}
