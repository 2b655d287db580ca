import { ManualClock } from '@phone-agents/core/testing';
import { Reconnector } from './reconnector.ts';

function start(outcomes: readonly ('opens' | 'fails' | 'is refused')[], maxReconnects = 3) {
  const clock = new ManualClock();
  const over = new AbortController();
  const attempts: number[] = [];
  const reconnector = new Reconnector({
    connect: async () => {
      const outcome = outcomes[attempts.length];
      attempts.push(clock.now());
      if (outcome !== 'opens') throw new Error(outcome);
    },
    isRetryable: (error) => (error as Error).message === 'fails',
    maxReconnects,
    clock,
    signal: over.signal,
  });
  const startedAt = clock.now();
  const delays = (): number[] => attempts.map((at) => at - startedAt);
  return { clock, over, reconnector, delays };
}

test('it connects at once, then after 250 ms, then every second', async () => {
  const { clock, reconnector, delays } = start(['fails', 'fails', 'fails', 'opens']);
  const opened = reconnector.open();
  await clock.advance(5_000);
  await opened;
  expect(delays()).toEqual([0, 0, 250, 1_250]);
});

test('it gives up after so many attempts in a row, unless the connection worked between them', async () => {
  const { clock, reconnector, delays } = start(['opens', 'opens', 'fails', 'fails'], 2);
  await reconnector.open();
  const again = reconnector.reopen();
  await clock.advance(0);
  await again;
  reconnector.worked();
  const reopened = expect(reconnector.reopen()).rejects.toThrow('fails');
  await clock.advance(5_000);
  await reopened;
  expect(delays()).toHaveLength(4);
  expect(reconnector.mayRetry(new Error('fails'))).toBe(false);
});

test('what is refused is not tried again, nor what nobody wants any more', async () => {
  const refused = start(['is refused', 'opens']);
  await expect(refused.reconnector.open()).rejects.toThrow('is refused');
  const { clock, over, reconnector, delays } = start(['fails', 'fails', 'opens']);
  const opened = expect(reconnector.open()).rejects.toThrow('hung up');
  await clock.advance(100);
  over.abort(new Error('hung up'));
  await opened;
  expect(delays()).toHaveLength(2);
  expect(clock.timerCount).toBe(0);
});
