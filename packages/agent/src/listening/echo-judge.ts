import type { Clock } from '@phone-agents/core';
import type { EchoDetector } from './echo-detector.ts';
import { ECHO_PATTERN_MS } from './echo-detector.ts';

/** How often speech is compared with what the agent said. */
const CHECK_MS = 100;

/** Whether the caller's turn is the agent's own voice, coming back. Once it was another's, it is not compared any more. */
export class EchoJudge {
  readonly #detector: EchoDetector;
  readonly #clock: Clock;
  #verdict: 'unknown' | 'echo' | 'voice' = 'unknown';
  #nextCheckMs = 0;

  constructor(detector: EchoDetector, clock: Clock) {
    this.#detector = detector;
    this.#clock = clock;
  }

  /** Whether speech that began at `startMs` of media time and was heard up to `untilMs` is an echo, as far as is known. */
  hears(startMs: number, untilMs: number): boolean {
    if (this.#verdict === 'voice') return false;
    if (untilMs - startMs >= ECHO_PATTERN_MS && untilMs >= this.#nextCheckMs) {
      this.#nextCheckMs = untilMs + CHECK_MS;
      this.#verdict = this.#detector.isEcho(this.#clock.now()) ? 'echo' : 'voice';
    }
    return this.#verdict === 'echo';
  }

  /** The turn is over: whether it was an echo. */
  turnEnded(): boolean {
    const isEcho = this.#verdict === 'echo';
    this.#verdict = 'unknown';
    this.#nextCheckMs = 0;
    return isEcho;
  }

  /** The agent was silenced: what it had sent for later was not played. */
  silenced(): void {
    this.#detector.silenced(this.#clock.now());
  }
}
