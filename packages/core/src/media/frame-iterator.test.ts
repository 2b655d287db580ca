import type { AudioFrame } from '../audio/audio-frame.ts';
import { frameIterator } from './frame-iterator.ts';

function create(backlog: AudioFrame[] = []) {
  const samples = new Int16Array(160);
  let listener: ((frame: AudioFrame) => void) | undefined;
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  const frames = frameIterator(
    backlog,
    (subscribed) => {
      listener = subscribed;
      return () => (listener = undefined);
    },
    ended,
  );
  return {
    frames,
    end: async (): Promise<void> => {
      end();
      await ended;
    },
    isSubscribed: () => listener !== undefined,
    /** One frame whose samples are all `value`; its memory is overwritten afterwards. */
    give(value: number): void {
      listener?.({ samples: samples.fill(value), sampleRate: 8000, timestampSamples: value * 160 });
      samples.fill(-1);
    },
  };
}

function frame(value: number): AudioFrame {
  return {
    samples: new Int16Array(160).fill(value),
    sampleRate: 8000,
    timestampSamples: value * 160,
  };
}

async function read(frames: AsyncIterable<AudioFrame>): Promise<number[]> {
  const values: number[] = [];
  for await (const { samples, timestampSamples } of frames) {
    expect(new Set(samples).size).toBe(1);
    expect(timestampSamples).toBe(samples[0]! * 160);
    values.push(samples[0]!);
  }
  return values;
}

test('the backlog comes first, then what is given, as copies, until the end', async () => {
  const { frames, end, give } = create([frame(1), frame(2)]);
  const reading = read(frames);
  give(3);
  give(4);
  await Promise.resolve();
  give(5);
  await end();
  expect(await reading).toEqual([1, 2, 3, 4, 5]);
});

test('several reads may wait at once, and each gets one frame', async () => {
  const { frames, end, give } = create();
  const reads = [frames.next(), frames.next(), frames.next()];
  give(1);
  give(2);
  await end();
  const results = await Promise.all(reads);
  expect(results.map(({ done }) => done)).toEqual([false, false, true]);
  expect(results.map(({ value }) => value?.samples[0])).toEqual([1, 2, undefined]);
});

test('what waits at the end is still read', async () => {
  const { frames, end, give, isSubscribed } = create();
  give(1);
  await end();
  expect(isSubscribed()).toBe(false);
  expect(await read(frames)).toEqual([1]);
});

test('leaving the loop unsubscribes, and the iterator is over', async () => {
  const { frames, give, isSubscribed } = create([frame(1), frame(2)]);
  for await (const { samples } of frames) {
    expect(samples[0]).toBe(1);
    break;
  }
  expect(isSubscribed()).toBe(false);
  give(3);
  expect(await frames.next()).toEqual({ value: undefined, done: true });
});

test('a reader that does not keep up loses the oldest, and memory stays bounded', async () => {
  const { frames, end, give } = create();
  for (let value = 1; value <= 600; value++) give(value);
  await end();
  const values = await read(frames);
  expect(values).toHaveLength(500);
  expect(values[0]).toBe(101);
  expect(values.at(-1)).toBe(600);
});
