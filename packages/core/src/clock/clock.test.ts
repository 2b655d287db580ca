import { ManualClock } from '../testing/manual-clock.ts';
import { delay, systemClock } from './clock.ts';

test('a delay resolves when its time has come, and leaves no timer', async () => {
  const clock = new ManualClock();
  let done = false;
  void delay(clock, 100).then(() => (done = true));
  await clock.advance(99);
  expect(done).toBe(false);
  await clock.advance(1);
  expect(done).toBe(true);
  expect(clock.timerCount).toBe(0);
});

test('a delay that is aborted resolves at once, and leaves no timer and no listener', async () => {
  const clock = new ManualClock();
  const abort = new AbortController();
  const listeners = new Set<unknown>();
  const signal = new Proxy(abort.signal, {
    get(target, name) {
      if (name === 'addEventListener' || name === 'removeEventListener') {
        return (type: 'abort', listener: () => void) => {
          if (name === 'addEventListener') listeners.add(listener);
          else listeners.delete(listener);
          target[name](type, listener);
        };
      }
      return Reflect.get(target, name, target) as unknown;
    },
  });
  const waiting = delay(clock, 100, signal);
  expect(clock.timerCount).toBe(1);
  expect(listeners.size).toBe(1);
  abort.abort();
  await waiting;
  expect(clock.timerCount).toBe(0);
  expect(listeners.size).toBe(0);
});

test('a delay with a signal that it did not need lets go of it', async () => {
  const clock = new ManualClock();
  const abort = new AbortController();
  const waiting = delay(clock, 10, abort.signal);
  await clock.advance(10);
  await waiting;
  abort.abort();
  expect(clock.timerCount).toBe(0);
});

test('a delay under a signal that is aborted already sets no timer', async () => {
  const clock = new ManualClock();
  await delay(clock, 100, AbortSignal.abort());
  expect(clock.timerCount).toBe(0);
});

test('the system clock never goes back, tells the date, and its timers can be cancelled', async () => {
  const before = systemClock.now();
  let fired = false;
  const timer = systemClock.setTimeout(() => (fired = true), 0);
  timer.cancel();
  timer.cancel();
  await new Promise<void>((resolve) => systemClock.setTimeout(resolve, 1));
  expect(fired).toBe(false);
  expect(systemClock.now()).toBeGreaterThanOrEqual(before);
  expect(new Date(systemClock.wallTimeMs()).getUTCFullYear()).toBeGreaterThanOrEqual(2026);
});
