import { delay } from '../clock/clock.ts';
import { ManualClock } from './manual-clock.ts';

test('time stands still until it is moved', async () => {
  const clock = new ManualClock(1000);
  expect(clock.now()).toBe(0);
  await clock.advance(250);
  expect(clock.now()).toBe(250);
  expect(clock.wallTimeMs()).toBe(1250);
});

test('timers fire in order of their time, equal ones in the order in which they were set', async () => {
  const clock = new ManualClock();
  const fired: string[] = [];
  const note = (name: string): void => void fired.push(`${name}@${clock.now()}`);
  clock.setTimeout(() => note('late'), 30);
  clock.setTimeout(() => note('first'), 10);
  clock.setTimeout(() => note('second'), 10);
  await clock.advance(29);
  expect(fired).toEqual(['first@10', 'second@10']);
  await clock.advance(1);
  expect(fired).toEqual(['first@10', 'second@10', 'late@30']);
  expect(clock.timerCount).toBe(0);
});

test('a timer that is set by a timer fires in the same advance when it is due', async () => {
  const clock = new ManualClock();
  const times: number[] = [];
  const tick = (): void => {
    times.push(clock.now());
    clock.setTimeout(tick, 20);
  };
  clock.setTimeout(tick, 20);
  await clock.advance(100);
  expect(times).toEqual([20, 40, 60, 80, 100]);
});

test('promises settle between two timers', async () => {
  const clock = new ManualClock();
  const order: string[] = [];
  void (async () => {
    await delay(clock, 10);
    order.push('awaited');
    await delay(clock, 5);
    order.push('awaited again');
  })();
  clock.setTimeout(() => order.push('timer'), 20);
  await clock.advance(20);
  expect(order).toEqual(['awaited', 'awaited again', 'timer']);
});

test('a timer that was cancelled never fires', async () => {
  const clock = new ManualClock();
  let fired = false;
  const timer = clock.setTimeout(() => (fired = true), 5);
  timer.cancel();
  timer.cancel();
  await clock.advance(10);
  expect(fired).toBe(false);
});

test('wrong use is refused', async () => {
  const clock = new ManualClock();
  await expect(clock.advance(-1)).rejects.toThrow(RangeError);
  const running = clock.advance(1);
  await expect(clock.advance(1)).rejects.toThrow(/await each/);
  await running;
});
