import type { Clock } from '@phone-agents/core';
import { delay } from '@phone-agents/core';

/** Waiting time before each attempt, in ms; the last holds for all further ones. */
const DELAYS_MS = [0, 250, 1_000] as const;

/** What a {@link Reconnector} is made with. */
export interface ReconnectorOptions {
  /** Opens the connection once. */
  readonly connect: () => Promise<void>;
  /** Whether another attempt may do better after this error. */
  readonly isRetryable: (error: unknown) => boolean;
  /** Attempts in a row, besides the first, until it is given up. */
  readonly maxReconnects: number;
  readonly clock: Clock;
  /** Aborted when the connection is not wanted any more. */
  readonly signal: AbortSignal;
}

/**
 * Opens a vendor's connection, and opens it anew where it is lost: at once, then after 250 ms, then
 * every second, a bounded number of times in a row. For packages that bring a vendor to the agent.
 */
export class Reconnector {
  readonly #options: ReconnectorOptions;
  #attempts = 0;

  constructor(options: ReconnectorOptions) {
    this.#options = options;
  }

  /** Connects, several times if need be. @throws the last attempt's error, or the signal's reason. */
  open(): Promise<void> {
    return this.#connect();
  }

  /** Waits and connects, several times if need be. @throws as {@link open} does. */
  async reopen(): Promise<void> {
    await this.#pause();
    await this.#connect();
  }

  /** Whether a connection that ended with this error may be opened anew. */
  mayRetry(error: unknown): boolean {
    const { isRetryable, maxReconnects, signal } = this.#options;
    return !signal.aborted && this.#attempts < maxReconnects && isRetryable(error);
  }

  /** The connection has proved that it works: attempts are counted anew. */
  worked(): void {
    this.#attempts = 0;
  }

  async #connect(): Promise<void> {
    for (;;) {
      try {
        await this.#options.connect();
        return;
      } catch (error) {
        if (!this.mayRetry(error)) throw error;
        await this.#pause();
      }
    }
  }

  async #pause(): Promise<void> {
    const { clock, signal } = this.#options;
    const delayMs = DELAYS_MS[Math.min(this.#attempts, DELAYS_MS.length - 1)]!;
    this.#attempts++;
    await delay(clock, delayMs, signal);
    signal.throwIfAborted();
  }
}
