import type { Unsubscribe } from '../events/emitter.ts';
import type { Clock, ClockTimer } from './clock.ts';

/** Time between two calls of one subscriber. */
export const TICK_MS = 20;
const PHASES = 4;
const STEP_MS = TICK_MS / PHASES;
/** So many share a phase before another is used: each phase wakes this process up, and those that it sends to. */
const SHARED_PHASE_SIZE = 16;
/** A timer counts whole milliseconds, so it may be early by one: working then is better than to wake up twice. */
const EARLY_MS = 1;
/** After a longer stall missed ticks are skipped, for audio that late helps nobody. */
const MAX_CATCH_UP_STEPS = 40;

/** Calls its subscribers every 20 ms, without drift. */
export interface Ticker {
  /** Subscribers must not throw. */
  subscribe(onTick: () => void): Unsubscribe;
}

interface Subscriber {
  readonly onTick: () => void;
  /** The step in which it came; it is called from the next one on. */
  readonly sinceStep: number;
}

/**
 * One timer for all calls: a few subscribers work in the same millisecond, for waking up costs more than
 * their work; a thousand are spread over four phases of 5 ms. Each is due at an absolute time, so that late
 * timers do not add up. A stall of up to 200 ms is caught up on. Nothing runs while nobody subscribes.
 */
class SharedTicker implements Ticker {
  readonly #clock: Clock;
  readonly #phases: Set<Subscriber>[] = Array.from({ length: PHASES }, () => new Set());
  #timer: ClockTimer | undefined;
  #origin = 0;
  #step = 0;
  #size = 0;
  #isRunning = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  subscribe(onTick: () => void): Unsubscribe {
    const phase = this.#phaseWithRoom();
    this.#size++;
    // Within a tick the count of steps goes on: who comes then must not be given those of the past.
    if (this.#size === 1 && !this.#isRunning) {
      this.#origin = this.#clock.now();
      this.#step = 0;
    }
    const entry: Subscriber = { onTick, sinceStep: this.#reached() };
    phase.add(entry);
    if (!this.#isRunning) this.#schedule();
    return () => {
      if (!phase.delete(entry)) return;
      this.#size--;
      if (this.#size > 0) return;
      this.#timer?.cancel();
      this.#timer = undefined;
    };
  }

  #phaseWithRoom(): Set<Subscriber> {
    const phases = this.#phases;
    const shared = phases.find(({ size }) => size < SHARED_PHASE_SIZE);
    return shared ?? phases.reduce((least, phase) => (phase.size < least.size ? phase : least));
  }

  /** Sleeps until the next phase that has a subscriber. */
  #schedule(): void {
    this.#timer?.cancel();
    let next = this.#step + 1;
    while (this.#phases[next % PHASES]!.size === 0) next++;
    const due = this.#origin + next * STEP_MS;
    this.#timer = this.#clock.setTimeout(this.#run, Math.max(0, due - this.#clock.now()));
  }

  #reached(earlyMs = 0): number {
    return Math.floor((this.#clock.now() + earlyMs - this.#origin) / STEP_MS + 1e-6);
  }

  readonly #run = (): void => {
    const reached = this.#reached(EARLY_MS);
    this.#isRunning = true;
    if (reached - this.#step > MAX_CATCH_UP_STEPS) this.#step = reached - MAX_CATCH_UP_STEPS;
    try {
      while (this.#step < reached && this.#size > 0) {
        this.#step++;
        for (const subscriber of this.#phases[this.#step % PHASES]!) {
          if (subscriber.sinceStep < this.#step) subscriber.onTick();
        }
      }
    } finally {
      // One call's fault must not stop the others'.
      this.#isRunning = false;
      if (this.#size > 0) this.#schedule();
    }
  };
}

const tickers = new WeakMap<Clock, Ticker>();

/** The one ticker of a clock; all calls of a process share it. */
export function sharedTicker(clock: Clock): Ticker {
  let ticker = tickers.get(clock);
  if (!ticker) tickers.set(clock, (ticker = new SharedTicker(clock)));
  return ticker;
}
