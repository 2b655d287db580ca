import { MAX_PLAYOUT_DELAY_MS, MIN_PLAYOUT_DELAY_MS, PlayoutDelay } from './playout-delay.ts';

/** Packets every 20 ms, each later than on time by what `latenessOf` says. */
function observe(
  delay: PlayoutDelay,
  packets: number,
  latenessOf: (index: number) => number,
  fromMs = 1_000,
): number[] {
  return Array.from({ length: packets }, (_, index) => {
    const mediaMs = fromMs + index * 20;
    delay.observe(mediaMs + 12_345 + latenessOf(index), mediaMs);
    return delay.delayMs;
  });
}

test('starts at 40 ms, and comes down to 20 where every packet is on time', () => {
  const delay = new PlayoutDelay();
  expect(delay.delayMs).toBe(40);
  const delays = observe(delay, 600, () => 0);
  expect(delays[10]).toBe(40);
  expect(delays.at(-1)).toBe(MIN_PLAYOUT_DELAY_MS);
});

test('follows what the network needs: 30 ms of jitter take 40', () => {
  const delay = new PlayoutDelay();
  observe(delay, 600, (index) => (index * 7) % 31);
  expect(delay.delayMs).toBe(40);
});

test('goes no higher than 120 ms, and comes down when the network calms', () => {
  const delay = new PlayoutDelay();
  observe(delay, 300, (index) => (index * 97) % 400);
  expect(delay.delayMs).toBe(MAX_PLAYOUT_DELAY_MS);
  observe(delay, 1_500, () => 0, 7_000);
  expect(delay.delayMs).toBe(MIN_PLAYOUT_DELAY_MS);
});

test('a sender’s clock that runs slower is not taken for lateness', () => {
  const delay = new PlayoutDelay();
  // 200 parts in a million: 12 ms a minute.
  observe(delay, 9_000, (index) => index * 20 * 0.0002);
  expect(delay.delayMs).toBe(MIN_PLAYOUT_DELAY_MS);
});

test('a pause after which the media time does not fit is no lateness', () => {
  const delay = new PlayoutDelay();
  observe(delay, 600, () => 0);
  for (let pause = 1; pause <= 50; pause++) {
    delay.restart();
    observe(delay, 5, () => pause * 18, 100_000 + pause * 1_000);
  }
  expect(delay.delayMs).toBe(MIN_PLAYOUT_DELAY_MS);
});
