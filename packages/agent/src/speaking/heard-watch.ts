import type { Clock, Unsubscribe } from '@phone-agents/core';
import { sharedTicker } from '@phone-agents/core';

interface Watched {
  readonly positionMs: number;
  readonly onHeard: () => void;
}

/** Tells when the caller has heard the agent's audio up to some position. Holds no timer while nobody asks. */
export class HeardWatch {
  readonly #clock: Clock;
  readonly #heardMs: () => number;
  #watched: Watched[] = [];
  #unsubscribe: Unsubscribe | undefined;

  /** @param heardMs How much of all that the agent publishes was heard. */
  constructor(clock: Clock, heardMs: () => number) {
    this.#clock = clock;
    this.#heardMs = heardMs;
  }

  /** Calls `onHeard` once the position has been heard; {@link drop} forgets it. */
  when(positionMs: number, onHeard: () => void): void {
    this.#watched.push({ positionMs, onHeard });
    this.#unsubscribe ??= sharedTicker(this.#clock).subscribe(() => this.#check());
  }

  /** Forgets everything: what was published is not played any more. */
  drop(): void {
    this.#watched = [];
    this.#stop();
  }

  #check(): void {
    const heardMs = this.#heardMs();
    const heard = this.#watched.filter(({ positionMs }) => positionMs <= heardMs);
    if (heard.length === 0) return;
    this.#watched = this.#watched.filter(({ positionMs }) => positionMs > heardMs);
    if (this.#watched.length === 0) this.#stop();
    for (const { onHeard } of heard) onHeard();
  }

  #stop(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }
}
