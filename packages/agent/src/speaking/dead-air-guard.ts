import type { Clock, ClockTimer } from '@phone-agents/core';

/** Tells when the caller, who waits for the agent, has heard nothing for too long. */
export class DeadAirGuard {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #onDeadAir: () => void;
  #isWaiting = false;
  /** Clock time up to which something is heard. */
  #silentSince: number;
  #timer: ClockTimer | undefined;

  /** @param limitMs Infinity: it never tells. */
  constructor(clock: Clock, limitMs: number, onDeadAir: () => void) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#onDeadAir = onDeadAir;
    this.#silentSince = clock.now();
  }

  /** Somebody is heard up to `untilMs` of the clock. */
  heard(untilMs: number): void {
    this.#silentSince = Math.max(this.#silentSince, untilMs);
  }

  /** The agent was silenced: nothing is heard from now on. */
  silenced(): void {
    this.#silentSince = Math.min(this.#silentSince, this.#clock.now());
  }

  /** Whether it is the agent's turn to be heard. */
  set isAgentsTurn(isAgentsTurn: boolean) {
    if (isAgentsTurn === this.#isWaiting) return;
    this.#isWaiting = isAgentsTurn;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (isAgentsTurn && Number.isFinite(this.#limitMs)) this.#set();
  }

  #set(): void {
    const dueMs = this.#silentSince + this.#limitMs - this.#clock.now();
    this.#timer = this.#clock.setTimeout(
      () => {
        if (this.#silentSince + this.#limitMs <= this.#clock.now()) {
          // Whatever comes of it, the next silence is counted from here.
          this.heard(this.#clock.now());
          this.#onDeadAir();
        }
        if (this.#isWaiting) this.#set();
      },
      Math.max(0, dueMs),
    );
  }
}
