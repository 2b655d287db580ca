import { ManualClock } from '@phone-agents/core/testing';
import type { AudioFrame } from '@phone-agents/core';
import { MediaTimeline } from './media-timeline.ts';

const frame = (startMs: number, sampleRate: AudioFrame['sampleRate'] = 16000): AudioFrame => ({
  samples: new Int16Array(sampleRate / 50),
  sampleRate,
  timestampSamples: (startMs * sampleRate) / 1000,
});

test('frames stand where their timestamps say, whatever their rate', () => {
  const timeline = new MediaTimeline(new ManualClock());
  expect(timeline.place(frame(40, 8000))).toBe(40);
  expect(timeline.place(frame(60))).toBe(60);
  expect(timeline.place(frame(500))).toBe(500);
});

test('a stream that begins again at 0 goes on where the last one ended', () => {
  const timeline = new MediaTimeline(new ManualClock());
  timeline.place(frame(1_000));
  expect(timeline.place(frame(0))).toBe(1_020);
  expect(timeline.place(frame(20))).toBe(1_040);
  expect(timeline.place(frame(100))).toBe(1_120);
});

test('a change of source and a jump of more than 10 s leave no hole', () => {
  const timeline = new MediaTimeline(new ManualClock());
  timeline.place(frame(0));
  timeline.changeSource();
  expect(timeline.place(frame(5_000))).toBe(20);
  expect(timeline.place(frame(5_020))).toBe(40);
  expect(timeline.place(frame(60_000))).toBe(60);
});

test('it knows the media time of now, and the clock time of a media time', async () => {
  const clock = new ManualClock();
  const timeline = new MediaTimeline(clock);
  await clock.advance(1_000);
  timeline.place(frame(200));
  await clock.advance(30);
  expect(timeline.now()).toBe(250);
  expect(timeline.clockAt(120)).toBe(900);
});
