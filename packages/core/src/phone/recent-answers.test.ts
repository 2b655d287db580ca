import { MAX_TOMBSTONES, TOMBSTONE_MS } from '../calls/memory-call-store.ts';
import type { CallAnswer } from '../provider/telephony-provider.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { RecentAnswers } from './recent-answers.ts';

const hangUp: CallAnswer = { action: 'hang-up' };
const busy: CallAnswer = { action: 'reject', reason: 'busy' };

test('an ended call is answered as it was, an unknown one not at all', () => {
  const answers = new RecentAnswers(new ManualClock());
  answers.set('CA1', busy);
  answers.set('CA2', hangUp);
  expect(answers.get('CA1')).toBe(busy);
  expect(answers.get('CA2')).toBe(hangUp);
  expect(answers.get('CA3')).toBeUndefined();
});

test('the last answer of a call counts, and keeps it for longer', async () => {
  const clock = new ManualClock();
  const answers = new RecentAnswers(clock);
  answers.set('CA1', busy);
  await clock.advance(TOMBSTONE_MS - 1);
  answers.set('CA1', hangUp);
  await clock.advance(TOMBSTONE_MS - 1);
  answers.set('CA2', hangUp);
  expect(answers.get('CA1')).toBe(hangUp);
});

test('answers are forgotten after ten minutes', async () => {
  const clock = new ManualClock();
  const answers = new RecentAnswers(clock);
  answers.set('CA1', busy);
  await clock.advance(TOMBSTONE_MS - 1);
  answers.set('CA2', busy);
  expect(answers.get('CA1')).toBe(busy);
  await clock.advance(1);
  answers.set('CA3', busy);
  expect(answers.get('CA1')).toBeUndefined();
  expect(answers.get('CA2')).toBe(busy);
  expect(clock.timerCount).toBe(0);
});

test('of very many answers the oldest go first', () => {
  const answers = new RecentAnswers(new ManualClock());
  for (let call = 0; call <= MAX_TOMBSTONES; call++) answers.set(`CA${call}`, hangUp);
  expect(answers.get('CA0')).toBeUndefined();
  expect(answers.get('CA1')).toBe(hangUp);
  expect(answers.get(`CA${MAX_TOMBSTONES}`)).toBe(hangUp);
});
