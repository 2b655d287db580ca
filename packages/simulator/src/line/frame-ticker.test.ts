import type { Clock, ClockTimer } from '@phone-agents/core';
import { ManualClock } from '@phone-agents/core/testing';
import { FrameTicker } from './frame-ticker.ts';

const fail = (error: unknown): void => {
  throw error;
};

test('a lone listener is ticked every 20 ms from one frame on', async () => {
  const clock = new ManualClock();
  await clock.advance(3);
  const ticker = new FrameTicker(clock, fail);
  const times: number[] = [];
  ticker.add((atMs) => times.push(atMs));
  await clock.advance(100);
  expect(times).toEqual([23, 43, 63, 83, 103]);
  ticker.stop();
});

test('listeners are spread over the four phases, and each is ticked 50 times a second', async () => {
  const clock = new ManualClock();
  const ticker = new FrameTicker(clock, fail);
  const times = Array.from({ length: 8 }, () => [] as number[]);
  for (const list of times) ticker.add((atMs) => list.push(atMs));
  await clock.advance(1_020);
  for (const list of times) expect(list.length).toBeGreaterThanOrEqual(50);
  const phases = times.map((list) => list[0]! % 20);
  for (const phase of [0, 5, 10, 15]) expect(phases.filter((p) => p === phase)).toHaveLength(2);
  ticker.stop();
});

test('a listener that comes between two ticks is first ticked after it came', async () => {
  const clock = new ManualClock();
  const ticker = new FrameTicker(clock, fail);
  ticker.add(() => undefined);
  await clock.advance(33);
  const times: number[] = [];
  ticker.add((atMs) => times.push(atMs));
  await clock.advance(60);
  expect(times[0]).toBeGreaterThan(33);
  expect(times[0]).toBeLessThanOrEqual(53);
  expect(times[1]! - times[0]!).toBe(20);
  ticker.stop();
});

test('ticks that were missed while the process was busy are made up for, with their own times', () => {
  const clock = new LateClock();
  const ticker = new FrameTicker(clock, fail);
  const times: number[] = [];
  ticker.add((atMs) => times.push(atMs));
  clock.fireAt(20.4);
  clock.fireAt(115);
  expect(times).toEqual([20, 40, 60, 80, 100]);
  clock.fireAt(120);
  expect(times.at(-1)).toBe(120);
  ticker.stop();
});

test('after a long sleep of the machine it goes on from now', () => {
  const clock = new LateClock();
  const ticker = new FrameTicker(clock, fail);
  let ticks = 0;
  ticker.add(() => ticks++);
  clock.fireAt(3_600_000);
  expect(ticks).toBeLessThanOrEqual(101);
  ticker.stop();
});

test('without listeners there is no timer', async () => {
  const clock = new ManualClock();
  const ticker = new FrameTicker(clock, fail);
  const remove = ticker.add(() => undefined);
  const removeSelf = ticker.add(() => removeSelf());
  await clock.advance(40);
  remove();
  remove();
  expect(clock.timerCount).toBe(0);
  expect(ticker.size).toBe(0);
});

test('a listener that throws stops nobody else', async () => {
  const clock = new ManualClock();
  const errors: unknown[] = [];
  const ticker = new FrameTicker(clock, (error) => errors.push(error));
  ticker.add(() => {
    throw new Error('mine');
  });
  let ticks = 0;
  ticker.add(() => ticks++);
  await clock.advance(45);
  expect(ticks).toBeGreaterThanOrEqual(2);
  expect(errors.length).toBeGreaterThanOrEqual(2);
  ticker.stop();
});

/** A clock whose one timer fires late. */
class LateClock implements Clock {
  #nowMs = 0;
  #callback: (() => void) | undefined;

  now(): number {
    return this.#nowMs;
  }

  wallTimeMs(): number {
    return this.#nowMs;
  }

  setTimeout(callback: () => void): ClockTimer {
    this.#callback = callback;
    return { cancel: () => (this.#callback = undefined) };
  }

  fireAt(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#callback?.();
  }
}
