import { LateClock } from '../test-support/late-clock.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import type { Clock } from './clock.ts';
import { TICK_MS, sharedTicker } from './ticker.ts';

test('a subscriber is called every 20 ms', async () => {
  const clock = new ManualClock();
  const times: number[] = [];
  const unsubscribe = sharedTicker(clock).subscribe(() => times.push(clock.now()));
  await clock.advance(100);
  expect(times).toHaveLength(5);
  times.forEach((time, index) => expect(time - times[0]!).toBe(index * TICK_MS));
  unsubscribe();
});

test('a clock has one ticker, another clock another', () => {
  const clock = new ManualClock();
  expect(sharedTicker(clock)).toBe(sharedTicker(clock));
  expect(sharedTicker(clock)).not.toBe(sharedTicker(new ManualClock()));
});

test('an hour of late timers adds up to no drift: 50 ticks a second to the last', () => {
  const clock = new LateClock();
  let seed = 1;
  clock.latenessMs = () => (seed = (seed * 48_271) % 2_147_483_647) % 60;
  let ticks = 0;
  const unsubscribe = sharedTicker(clock).subscribe(() => ticks++);
  for (let minute = 1; minute <= 60; minute++) {
    clock.runUntil(minute * 60_000);
    // A timer that is late may not have fired yet.
    expect(ticks).toBeLessThanOrEqual(minute * 3_000);
    expect(ticks).toBeGreaterThanOrEqual(minute * 3_000 - 4);
  }
  unsubscribe();
  expect(clock.timerCount).toBe(0);
});

test('a tick is early by a millisecond at the most', () => {
  const clock = new LateClock();
  let seed = 7;
  clock.latenessMs = () => (seed = (seed * 48_271) % 2_147_483_647) % 20;
  let ticks = 0;
  const unsubscribe = sharedTicker(clock).subscribe(() => {
    ticks++;
    expect(clock.now()).toBeGreaterThanOrEqual(ticks * TICK_MS - 1);
  });
  clock.runUntil(60_000);
  expect(ticks).toBeGreaterThan(2_990);
  unsubscribe();
});

test('a timer that fires early by less than a millisecond serves its tick, so that nothing wakes up twice', () => {
  const clock = new LateClock();
  clock.latenessMs = () => -0.9;
  let timers = 0;
  const counted: Clock = {
    now: () => clock.now(),
    wallTimeMs: () => clock.wallTimeMs(),
    setTimeout: (callback, delayMs) => {
      timers++;
      // As Node does.
      return clock.setTimeout(callback, Math.max(1, delayMs));
    },
  };
  let ticks = 0;
  const unsubscribe = sharedTicker(counted).subscribe(() => ticks++);
  clock.runUntil(1_000);
  expect(ticks).toBe(50);
  // One for each tick, and the one that is waiting.
  expect(timers).toBe(51);
  unsubscribe();
});

test('a stall of 200 ms is caught up on', () => {
  const clock = new LateClock();
  let ticks = 0;
  const unsubscribe = sharedTicker(clock).subscribe(() => ticks++);
  clock.runUntil(80);
  clock.latenessMs = () => 180;
  clock.runUntil(101);
  clock.latenessMs = () => 0;
  expect(ticks).toBe(5);
  clock.runUntil(300);
  expect(ticks).toBe(15);
  clock.runUntil(400);
  expect(ticks).toBe(20);
  unsubscribe();
});

test('of a longer stall only the last 200 ms are caught up on', () => {
  const clock = new LateClock();
  let ticks = 0;
  clock.latenessMs = () => 10_000;
  const unsubscribe = sharedTicker(clock).subscribe(() => ticks++);
  clock.runUntil(10_019);
  expect(ticks).toBe(0);
  clock.latenessMs = () => 0;
  clock.runUntil(10_020);
  expect(ticks).toBe(10);
  clock.runUntil(11_020);
  expect(ticks).toBe(60);
  unsubscribe();
});

test('who comes after a stall is not given the ticks of the time before', () => {
  const clock = new LateClock();
  const ticker = sharedTicker(clock);
  let late = 0;
  clock.latenessMs = () => 150;
  const early = ticker.subscribe(() => {});
  clock.runUntil(160);
  clock.latenessMs = () => 0;
  const unsubscribe = ticker.subscribe(() => late++);
  clock.runUntil(160);
  expect(late).toBe(0);
  clock.runUntil(180);
  expect(late).toBe(1);
  early();
  unsubscribe();
});

test('a subscriber that throws stops its own tick, not the ticker', () => {
  const clock = new LateClock();
  const ticker = sharedTicker(clock);
  let ticks = 0;
  const unsubscribe = ticker.subscribe(() => {
    ticks++;
    throw new Error('against the contract');
  });
  expect(() => clock.runUntil(20)).toThrow('against the contract');
  expect(() => clock.runUntil(40)).toThrow('against the contract');
  expect(ticks).toBe(2);
  unsubscribe();
});

/** Counts the ticks of each phase of 5 ms. */
function countPhases() {
  const clock = new ManualClock();
  const ticker = sharedTicker(clock);
  const perPhase = new Map<number, number>();
  const subscribe = () =>
    ticker.subscribe(() => {
      const phase = clock.now() % TICK_MS;
      perPhase.set(phase, (perPhase.get(phase) ?? 0) + 1);
    });
  return { clock, perPhase, subscribe };
}

test('a thousand subscribers are spread evenly over four phases of 5 ms', async () => {
  const { clock, perPhase, subscribe } = countPhases();
  const subscriptions = Array.from({ length: 1_000 }, subscribe);
  await clock.advance(1_000);
  expect([...perPhase.keys()].sort((a, b) => a - b)).toEqual([0, 5, 10, 15]);
  for (const calls of perPhase.values()) expect(calls).toBe(250 * 50);
  for (const unsubscribe of subscriptions) unsubscribe();
});

test('a few share one phase, so that the process wakes up once every 20 ms', async () => {
  const { clock, perPhase, subscribe } = countPhases();
  const subscriptions = Array.from({ length: 16 }, subscribe);
  await clock.advance(20);
  expect([...perPhase.values()]).toEqual([16]);
  subscriptions.push(subscribe());
  await clock.advance(20);
  expect([...perPhase.values()]).toEqual([32, 1]);
  for (const unsubscribe of subscriptions) unsubscribe();
});

test('freed places are filled first, so that phases stay balanced', async () => {
  const { clock, perPhase, subscribe } = countPhases();
  const subscriptions = Array.from({ length: 80 }, subscribe);
  // The first 16 share a phase.
  for (let i = 0; i < 16; i++) subscriptions[i]!();
  for (let i = 0; i < 16; i++) subscriptions.push(subscribe());
  await clock.advance(20);
  expect([...perPhase.values()]).toEqual([20, 20, 20, 20]);
  for (const unsubscribe of subscriptions) unsubscribe();
});

test('no timer runs while nobody subscribes', async () => {
  const clock = new ManualClock();
  const ticker = sharedTicker(clock);
  expect(clock.timerCount).toBe(0);
  const first = ticker.subscribe(() => {});
  const second = ticker.subscribe(() => {});
  expect(clock.timerCount).toBe(1);
  await clock.advance(50);
  expect(clock.timerCount).toBe(1);
  first();
  first();
  expect(clock.timerCount).toBe(1);
  second();
  expect(clock.timerCount).toBe(0);
});

test('the ticker starts afresh after a pause, and owes nothing for it', async () => {
  const clock = new ManualClock();
  const ticker = sharedTicker(clock);
  ticker.subscribe(() => {})();
  await clock.advance(60_000);
  let ticks = 0;
  const unsubscribe = ticker.subscribe(() => ticks++);
  await clock.advance(20);
  expect(ticks).toBe(1);
  unsubscribe();
});

test('a subscriber may unsubscribe itself and others within a tick', async () => {
  const clock = new ManualClock();
  const ticker = sharedTicker(clock);
  const calls = [0, 0];
  const first = ticker.subscribe(() => {
    calls[0]!++;
    first();
    second();
  });
  const second = ticker.subscribe(() => void calls[1]!++);
  await clock.advance(200);
  expect(calls).toEqual([1, 0]);
  expect(clock.timerCount).toBe(0);
});

test('a last subscriber that is replaced within its tick is replaced by one that ticks on time', async () => {
  const clock = new ManualClock();
  const ticker = sharedTicker(clock);
  const times: number[] = [];
  let unsubscribe = ticker.subscribe(again);
  function again(): void {
    times.push(clock.now());
    unsubscribe();
    unsubscribe = ticker.subscribe(again);
  }
  await clock.advance(60_000);
  expect(times.length).toBeGreaterThanOrEqual(2_999);
  expect(times.length).toBeLessThanOrEqual(3_000);
  times.forEach((time, i) => i > 0 && expect(time - times[i - 1]!).toBe(TICK_MS));
  unsubscribe();
  expect(clock.timerCount).toBe(0);
});
