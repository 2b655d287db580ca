import { ManualClock } from '../testing/manual-clock.ts';
import { CallerRate } from './call-limits.ts';

const HOUR_MS = 3_600_000;

test('a caller is admitted as often as the limit says, and again when an hour has passed', async () => {
  const clock = new ManualClock();
  const rate = new CallerRate(clock, 2);
  expect(rate.admit('+15005550010')).toBe(true);
  await clock.advance(HOUR_MS / 2);
  expect(rate.admit('+15005550010')).toBe(true);
  expect(rate.admit('+15005550010')).toBe(false);
  await clock.advance(HOUR_MS / 2 - 1);
  expect(rate.admit('+15005550010')).toBe(false);
  await clock.advance(1);
  expect(rate.admit('+15005550010')).toBe(true);
  expect(rate.admit('+15005550010')).toBe(false);
});

test('calls that were refused do not count', async () => {
  const clock = new ManualClock();
  const rate = new CallerRate(clock, 1);
  expect(rate.admit('+15005550010')).toBe(true);
  for (let minute = 0; minute < 59; minute++) {
    await clock.advance(60_000);
    expect(rate.admit('+15005550010')).toBe(false);
  }
  await clock.advance(60_000);
  expect(rate.admit('+15005550010')).toBe(true);
});

test('each caller has a count, and those without a number share one', () => {
  const rate = new CallerRate(new ManualClock(), 1);
  expect(rate.admit('+15005550010')).toBe(true);
  expect(rate.admit('+15005550011')).toBe(true);
  expect(rate.admit('anonymous')).toBe(true);
  expect(rate.admit('anonymous')).toBe(false);
});

test('of very many callers the one that called longest ago is forgotten first', () => {
  const rate = new CallerRate(new ManualClock(), 1);
  for (let caller = 0; caller < 10_000; caller++) rate.admit(`caller ${caller}`);
  expect(rate.admit('caller 0')).toBe(false);
  rate.admit('one more');
  // `caller 0` has just called, so `caller 1` had to go.
  expect(rate.admit('caller 0')).toBe(false);
  expect(rate.admit('caller 1')).toBe(true);
});
