import { ManualClock } from '@phone-agents/core/testing';
import { MediaTimeline } from './media-timeline.ts';
import { MediaTimer } from './media-timer.ts';

async function start() {
  const clock = new ManualClock();
  const timeline = new MediaTimeline(clock);
  const timer = new MediaTimer(clock, timeline);
  let frames = 0;
  const place = (count: number): void => {
    for (let frame = 0; frame < count; frame++, frames++) {
      const samples = new Int16Array(160);
      timeline.place({ samples, sampleRate: 8_000, timestampSamples: frames * 160 });
    }
  };
  /** Frames come as they are spoken. */
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 20) {
      await clock.advance(20);
      place(1);
    }
  };
  return { clock, timeline, timer, place, pass };
}

test('a timer is due at its media time', async () => {
  const { timer, pass } = await start();
  let isDue = false;
  timer.set(1_000, () => (isDue = true));
  await pass(980);
  expect(isDue).toBe(false);
  await pass(40);
  expect(isDue).toBe(true);
  expect(timer.isSet).toBe(false);
});

test('frames that come late put it off by as much', async () => {
  const { clock, timeline, timer, place, pass } = await start();
  let dueAtMs: number | undefined;
  timer.set(1_000, () => (dueAtMs = timeline.now()));
  await pass(500);
  // The line is slow: what was said in these 300 ms comes 300 ms later.
  await clock.advance(300);
  place(1);
  await pass(460);
  expect(dueAtMs).toBeUndefined();
  await pass(40);
  expect(dueAtMs).toBeCloseTo(1_000, -2);
});

test('a burst that brings what is behind does not make it early', async () => {
  const { timer, place, pass } = await start();
  let isDue = false;
  place(100);
  timer.set(3_000, () => (isDue = true));
  await pass(960);
  expect(isDue).toBe(false);
  await pass(60);
  expect(isDue).toBe(true);
});

test('a timer that is set anew, or cancelled, forgets what it was set for', async () => {
  const { clock, timer, pass } = await start();
  const due: string[] = [];
  timer.set(100, () => due.push('first'));
  timer.set(200, () => due.push('second'));
  await pass(300);
  timer.set(400, () => due.push('third'));
  timer.cancel();
  await pass(300);
  expect(due).toEqual(['second']);
  expect(clock.timerCount).toBe(0);
});
