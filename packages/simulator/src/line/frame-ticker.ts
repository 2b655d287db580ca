import { FRAME_DURATION_MS, type Clock, type ClockTimer } from '@phone-agents/core';

const PHASES = 4;
const PHASE_MS = FRAME_DURATION_MS / PHASES;
/** A process that slept longer than this goes on from now; before that every missed tick is made up for. */
const MAX_CATCH_UP_MS = 2_000;

/** Is told every 20 ms; `atMs` is when the tick was due, on the ticker's clock. */
export type TickListener = (atMs: number) => void;

/**
 * One timer for the frames of all calls. Ticks lie on a fixed grid from the first one on, so that a
 * late timer never shifts those after it, and listeners are spread over four phases of 5 ms, so that
 * a thousand calls do not all send in the same millisecond.
 */
export class FrameTicker {
  readonly #clock: Clock;
  /** Listeners of each phase, with the first step that is theirs. */
  readonly #phases: readonly Map<TickListener, number>[] = Array.from(
    { length: PHASES },
    () => new Map<TickListener, number>(),
  );
  readonly #onListenerError: (error: unknown) => void;
  #originMs = 0;
  /** Steps of 5 ms since the origin that have been done. */
  #steps = 0;
  #timer: ClockTimer | undefined;
  #running = false;

  constructor(clock: Clock, onListenerError: (error: unknown) => void) {
    this.#clock = clock;
    this.#onListenerError = onListenerError;
  }

  /** How many listeners there are. */
  get size(): number {
    let size = 0;
    for (const phase of this.#phases) size += phase.size;
    return size;
  }

  /** Ticks `listener` every 20 ms from about one frame from now on, until the returned function is called. */
  add(listener: TickListener): () => void {
    if (this.size === 0) {
      this.#originMs = this.#clock.now();
      this.#steps = 0;
    }
    // Of equally quiet phases the last one, so that a lone call's first tick is a whole frame away.
    const current = Math.floor((this.#clock.now() - this.#originMs) / PHASE_MS);
    let firstStep = current + PHASES;
    for (let step = firstStep - 1; step > current; step--) {
      if (this.#phase(step).size < this.#phase(firstStep).size) firstStep = step;
    }
    const phase = this.#phase(firstStep);
    phase.set(listener, firstStep);
    if (!this.#running) this.#schedule();
    return () => {
      if (phase.delete(listener) && this.size === 0) this.stop();
    };
  }

  /** Stops the timer and forgets all listeners. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const phase of this.#phases) phase.clear();
  }

  #phase(step: number): Map<TickListener, number> {
    return this.#phases[step % PHASES]!;
  }

  /** Sets the timer for the next step that has listeners. */
  #schedule(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.size === 0) return;
    let step = this.#steps + 1;
    while (this.#phase(step).size === 0) step++;
    const dueMs = this.#originMs + step * PHASE_MS;
    const delayMs = Math.max(0, dueMs - this.#clock.now());
    this.#timer = this.#clock.setTimeout(() => this.#run(), delayMs);
  }

  #run(): void {
    this.#timer = undefined;
    const nowMs = this.#clock.now();
    const lateMs = nowMs - (this.#originMs + this.#steps * PHASE_MS);
    if (lateMs > MAX_CATCH_UP_MS) {
      this.#originMs += Math.floor((lateMs - MAX_CATCH_UP_MS) / PHASE_MS) * PHASE_MS;
    }
    this.#running = true;
    for (;;) {
      const atMs = this.#originMs + (this.#steps + 1) * PHASE_MS;
      // Timers of Node may fire a fraction of a millisecond early.
      if (atMs > nowMs + 0.5) break;
      this.#steps++;
      for (const [listener, firstStep] of this.#phase(this.#steps)) {
        if (firstStep > this.#steps) continue;
        try {
          listener(atMs);
        } catch (error) {
          this.#onListenerError(error);
        }
      }
      if (this.size === 0) break;
    }
    this.#running = false;
    this.#schedule();
  }
}
