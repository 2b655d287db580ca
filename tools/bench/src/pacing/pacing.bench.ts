import { setTimeout as pause } from 'node:timers/promises';
import { sharedTicker, systemClock } from '@phone-agents/core';
import type { Verdict } from '../interleaved.ts';
import type { Suite } from '../suite.ts';

const CALLS = 1_000;
const SECONDS = 10;

/** Times of one call's ticks, as the sums of a straight line through them. */
class TickLine {
  lastMs = 0;
  #count = 0;
  #firstMs = 0;
  #sumTime = 0;
  #sumTimeSquared = 0;
  #sumTimeIndex = 0;

  add(nowMs: number): void {
    if (this.#count === 0) this.#firstMs = nowMs;
    const time = nowMs - this.#firstMs;
    this.#sumTime += time;
    this.#sumTimeSquared += time * time;
    this.#sumTimeIndex += time * this.#count;
    this.#count++;
    this.lastMs = nowMs;
  }

  /** Frames a second: the line's slope, so that one late tick at either end does not count for all. */
  get rate(): number {
    const n = this.#count;
    const sumIndex = (n * (n - 1)) / 2;
    const slope =
      (n * this.#sumTimeIndex - this.#sumTime * sumIndex) /
      (n * this.#sumTimeSquared - this.#sumTime * this.#sumTime);
    return slope * 1000;
  }
}

async function measureTicker(): Promise<{ rates: number[]; errorsMs: number[] }> {
  const errorsMs: number[] = [];
  const lines = Array.from({ length: CALLS }, () => new TickLine());
  const ticker = sharedTicker(systemClock);
  const stop = lines.map((line, index) =>
    ticker.subscribe(() => {
      const now = performance.now();
      if (index % 50 === 0 && line.lastMs > 0) errorsMs.push(Math.abs(now - line.lastMs - 20));
      line.add(now);
    }),
  );
  await pause(SECONDS * 1000);
  for (const unsubscribe of stop) unsubscribe();
  return { rates: lines.map(({ rate }) => rate), errorsMs };
}

/** What is commonly done: one interval per call. */
async function measureIntervals(): Promise<number[]> {
  const lines = Array.from({ length: CALLS }, () => new TickLine());
  const timers = lines.map((line) => setInterval(() => line.add(performance.now()), 20));
  await pause(SECONDS * 1000);
  for (const timer of timers) clearInterval(timer);
  return lines.map(({ rate }) => rate);
}

function range(values: readonly number[]): string {
  return `${Math.min(...values).toFixed(3)} to ${Math.max(...values).toFixed(3)}`;
}

/** Whether every call gets its 50 frames a second, and how evenly. */
export const pacingSuite: Suite = {
  title: `frames a second with ${CALLS} calls, over ${SECONDS} s`,
  run: async (print) => {
    const shared = await measureTicker();
    const intervals = await measureIntervals();
    const p99 = shared.errorsMs.toSorted((a, b) => a - b)[
      Math.floor(shared.errorsMs.length * 0.99)
    ]!;
    print(`  one shared ticker        ${range(shared.rates)} frames a second`);
    print(`  one setInterval per call ${range(intervals)} frames a second`);
    print(
      `  shared ticker: 99 % of intervals within ${p99.toFixed(2)} ms of 20 ms (stretch: 2 ms)`,
    );
    const worst = Math.max(...shared.rates.map((rate) => Math.abs(rate - 50)));
    const held = worst <= 0.05;
    const verdict: Verdict = {
      text: `pacing: 50.00 ± 0.05 frames a second for every call: worst is off by ${worst.toFixed(3)}, ${held ? 'pass' : 'FAIL'}`,
      held,
      binding: true,
    };
    print(`  ${verdict.text}`);
    return [verdict];
  },
};
