import type { EdgeConnection } from '@phone-agents/core';
import { createLocalEdge } from '@phone-agents/core';
import { ManualClock } from '@phone-agents/core/testing';
import { AudioPublisher } from './audio-publisher.ts';

interface Heard {
  readonly atMs: number;
  readonly timestampMs: number;
  readonly first: number;
}

async function setUp(publishLeadMs: number): Promise<{
  clock: ManualClock;
  publisher: AudioPublisher;
  heard: Heard[];
}> {
  const clock = new ManualClock();
  const call = await createLocalEdge().createCall({ id: 'call' });
  const connection = await call.join({ id: 'agent' }, { sampleRate: 16000 });
  const listener = await call.join({ id: 'listener' }, { sampleRate: 16000 });
  const heard: Heard[] = [];
  listener.onAudio(({ samples, timestampSamples }) =>
    heard.push({ atMs: clock.now(), timestampMs: timestampSamples / 16, first: samples[0]! }),
  );
  const edge: EdgeConnection = Object.create(connection, {
    publishLeadMs: { value: publishLeadMs },
    sampleRate: { value: 16000 },
    publish: { value: connection.publish.bind(connection) },
  });
  return { clock, publisher: new AudioPublisher(edge, clock), heard };
}

/** So many ms of samples, all of one value. */
const sound = (durationMs: number, value = 1): Int16Array =>
  new Int16Array(durationMs * 16).fill(value);

test('in process it runs 100 ms ahead, and no further', async () => {
  const { clock, publisher, heard } = await setUp(100);
  publisher.push(sound(1_000));
  expect(publisher.publishedMs).toBe(100);
  expect(publisher.queuedMs).toBe(900);
  for (let step = 0; step < 30; step++) {
    await clock.advance(20);
    expect(publisher.publishedMs - clock.now()).toBeLessThanOrEqual(100);
    expect(publisher.publishedMs - clock.now()).toBeGreaterThan(60);
  }
  await clock.advance(400);
  expect(heard).toHaveLength(50);
  expect(heard.map(({ timestampMs }) => timestampMs)).toEqual(heard.map((_, index) => index * 20));
});

test('without a lead it keeps real time without drift', async () => {
  const { clock, publisher, heard } = await setUp(0);
  publisher.push(sound(60_000));
  await clock.advance(59_000);
  expect(heard.length).toBeGreaterThanOrEqual(2_950);
  expect(heard.length).toBeLessThanOrEqual(2_951);
  for (const { atMs, timestampMs } of heard) expect(Math.abs(atMs - timestampMs)).toBeLessThan(20);
});

test('pieces of any length become whole frames, and silence fills the last', async () => {
  const { clock, publisher, heard } = await setUp(100);
  for (let piece = 0; piece < 7; piece++) publisher.push(sound(7, 5));
  publisher.finish();
  await clock.advance(200);
  expect(heard.map(({ first }) => first)).toEqual([5, 5, 5]);
  expect(publisher.publishedMs).toBe(60);
  expect(publisher.queuedMs).toBe(0);
});

test('a pause counts in the media time, a slow source does not make a second pace', async () => {
  const { clock, publisher, heard } = await setUp(0);
  publisher.push(sound(40));
  await clock.advance(1_000);
  publisher.push(sound(40));
  await clock.advance(100);
  expect(heard.map(({ timestampMs }) => timestampMs)).toEqual([0, 20, 1_000, 1_020]);
});

test('clear stops at once; what comes next is published at once', async () => {
  const { clock, publisher, heard } = await setUp(100);
  const published = publisher.whenPublished();
  publisher.push(sound(1_000, 1));
  const waiting = publisher.whenPublished();
  await clock.advance(100);
  const count = heard.length;
  expect(publisher.clear()).toBe(1_000 - count * 20);
  await Promise.all([published, waiting]);
  await clock.advance(500);
  expect(heard).toHaveLength(count);
  publisher.push(sound(20, 2));
  expect(heard.at(-1)).toMatchObject({ first: 2, atMs: 600 });
});

test('it holds a timer only while something waits', async () => {
  const { clock, publisher } = await setUp(100);
  expect(clock.timerCount).toBe(0);
  publisher.push(sound(200));
  expect(clock.timerCount).toBe(1);
  await clock.advance(200);
  expect(clock.timerCount).toBe(0);
  publisher.push(sound(500));
  publisher.close();
  expect(clock.timerCount).toBe(0);
  publisher.push(sound(500));
  expect(publisher.queuedMs).toBe(0);
});

test('it tells when only little waits', async () => {
  const { clock, publisher } = await setUp(100);
  publisher.push(sound(1_000));
  let toldAtMs = -1;
  void publisher.whenQueuedAtMost(500).then(() => (toldAtMs = clock.now()));
  await clock.advance(1_000);
  expect(toldAtMs).toBeGreaterThanOrEqual(380);
  expect(toldAtMs).toBeLessThanOrEqual(420);
});
