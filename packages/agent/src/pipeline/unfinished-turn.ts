import type { Clock } from '@phone-agents/core';
import type { MediaTimeline } from '../listening/media-timeline.ts';
import { MediaTimer } from '../listening/media-timer.ts';
import type { DetectedTurn } from '../listening/turn-detector.ts';

/** What the caller has said of one turn so far, pauses included. */
export interface TurnSoFar {
  readonly text: string;
  readonly startMs: number;
}

/**
 * A turn whose words do not seem to be all: it waits for the caller to go on, and is taken as it is
 * when the silence gets too long.
 */
export class UnfinishedTurn {
  readonly #timer: MediaTimer;
  readonly #silenceMs: number;
  #last: TurnSoFar | undefined;
  #endMs = 0;
  #onSilent: (() => void) | undefined;

  constructor(clock: Clock, timeline: MediaTimeline, silenceMs: number) {
    this.#timer = new MediaTimer(clock, timeline);
    this.#silenceMs = silenceMs;
  }

  get isWaiting(): boolean {
    return this.#onSilent !== undefined;
  }

  /** What was said before, and `text`. */
  joined(text: string): string {
    return this.#last ? `${this.#last.text} ${text}` : text;
  }

  add(turn: DetectedTurn, text: string): TurnSoFar {
    this.#timer.cancel();
    this.#onSilent = undefined;
    this.#last = { text: this.joined(text), startMs: this.#last?.startMs ?? turn.startMs };
    this.#endMs = turn.endMs;
    return this.#last;
  }

  isLast(turn: TurnSoFar): boolean {
    return this.#last === turn;
  }

  /** Calls `onSilent` when the caller does not go on; without it, waits on as before. */
  wait(onSilent = this.#onSilent): void {
    this.#onSilent = onSilent;
    if (onSilent) this.#timer.set(this.#endMs + this.#silenceMs, onSilent);
  }

  /** The caller goes on already; `onSilent` is called if that was a noise. */
  hold(onSilent: () => void): void {
    this.#onSilent = onSilent;
  }

  callerWentOn(): void {
    this.#timer.cancel();
  }

  clear(): void {
    this.#timer.cancel();
    this.#last = undefined;
    this.#onSilent = undefined;
  }
}
