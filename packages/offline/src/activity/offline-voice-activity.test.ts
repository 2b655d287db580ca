import { renderSpeech } from '@phone-agents/agent';
import type { VoiceActivity, VoiceActivityDetector } from '@phone-agents/agent';
import { offlineTextToSpeech } from '../synthesis/offline-text-to-speech.ts';
import {
  addNoise,
  joinSamples,
  silence,
  speechLevel,
  throughTelephone,
  writeFrames,
} from '../test-support/sound.ts';
import { offlineVoiceActivity } from './offline-voice-activity.ts';

const SAMPLES_PER_MS = 16;
const caller = offlineTextToSpeech({ voice: 'slt' });
const vad = offlineVoiceActivity();
afterAll(() => Promise.all([caller.close?.(), vad.close?.()]));

/** Runs a whole sound through a stream of its own and waits for its last window. */
async function detect(
  samples: Int16Array,
  detector: VoiceActivityDetector = vad,
): Promise<{ activities: VoiceActivity[]; probabilities: number[] }> {
  const activities: VoiceActivity[] = [];
  const probabilities: number[] = [];
  const windows = Math.floor((Math.floor(samples.length / 320) * 320) / 512);
  let finish = () => {};
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const stream = await detector.open({
    onActivity: (activity) => activities.push(activity),
    onWindow: (endSamples, probability) => {
      probabilities.push(probability);
      expect(endSamples).toBe(probabilities.length * 512);
      if (probabilities.length === windows) finish();
    },
  });
  writeFrames(stream, samples);
  await finished;
  await stream.close();
  return { activities, probabilities };
}

/** Sentences with silence around each, and where each is truly heard, in ms. */
async function conversation(texts: readonly string[]) {
  const parts: Int16Array[] = [silence(1_000)];
  const spans: { startMs: number; endMs: number }[] = [];
  let at = 1_000 * SAMPLES_PER_MS;
  for (const text of texts) {
    const speech = await renderSpeech(caller, text);
    const loud = (sample: number) => Math.abs(sample) > 300;
    spans.push({
      startMs: (at + speech.findIndex(loud)) / SAMPLES_PER_MS,
      endMs: (at + speech.findLastIndex(loud)) / SAMPLES_PER_MS,
    });
    parts.push(speech, silence(1_200));
    at += speech.length + 1_200 * SAMPLES_PER_MS;
  }
  return { samples: joinSamples(...parts), spans };
}

test('finds each sentence of a telephone call with noise 20 dB below the speech', async () => {
  const { samples, spans } = await conversation([
    'I would like to book a table for two.',
    'Yes please.',
    'What are your opening hours?',
  ]);
  const noisy = throughTelephone(addNoise(samples, speechLevel(samples) / 10));
  const { activities } = await detect(noisy);
  expect(activities.map(({ type }) => type)).toEqual(
    spans.flatMap(() => ['speech-started', 'speech-ended']),
  );
  spans.forEach(({ startMs, endMs }, index) => {
    const started = activities[index * 2]!;
    const ended = activities[index * 2 + 1]!;
    expect(Math.abs(started.timestampSamples / SAMPLES_PER_MS - startMs)).toBeLessThan(200);
    expect(started.decidedAtSamples).toBe(started.timestampSamples + 3 * 512);
    const tailMs = ended.timestampSamples / SAMPLES_PER_MS - endMs;
    expect(tailMs).toBeGreaterThan(-60);
    expect(tailMs).toBeLessThan(220);
    expect(ended.decidedAtSamples).toBe(ended.timestampSamples + 3 * 512);
  });
});

test('noise alone, soft or loud, and silence are no speech', async () => {
  for (const level of [0, 50, 500, 3_000]) {
    const { activities } = await detect(throughTelephone(addNoise(silence(4_000), level)));
    expect(activities).toEqual([]);
  }
});

test('streams that are open at once do not disturb each other', async () => {
  const { samples } = await conversation(['Can I speak to a person?']);
  const alone = await detect(samples);
  const together = await Promise.all([
    detect(samples),
    detect(addNoise(silence(3_000), 1_000)),
    detect(samples),
    ...Array.from({ length: 4 }, () => detect(samples)),
  ]);
  expect(together[1]?.activities).toEqual([]);
  for (const index of [0, 2, 4, 6]) {
    expect(together[index]?.activities).toEqual(alone.activities);
    together[index]?.probabilities.forEach((probability, window) => {
      expect(probability).toBeCloseTo(alone.probabilities[window]!, 3);
    });
  }
}, 60_000);

test('media time goes on after a hole, and no window reaches across it', async () => {
  const ends: number[] = [];
  let finish = () => {};
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const stream = await vad.open({
    onActivity: () => {},
    onWindow: (endSamples) => {
      ends.push(endSamples);
      if (ends.length === 3) finish();
    },
  });
  writeFrames(stream, new Int16Array(640));
  writeFrames(stream, new Int16Array(1_280), { startSamples: 100_000 });
  await finished;
  expect(ends).toEqual([512, 100_512, 101_024]);
  await stream.close();
});

test('frames of another rate are refused', async () => {
  const stream = await vad.open({ onActivity: () => {} });
  expect(() => writeFrames(stream, new Int16Array(320), { sampleRate: 8_000 })).toThrow('16000 Hz');
  await stream.close();
});

test('a closed stream says nothing more, and a closed detector can be opened again', async () => {
  const detector = offlineVoiceActivity();
  let windows = 0;
  const stream = await detector.open({ onActivity: () => {}, onWindow: () => (windows += 1) });
  writeFrames(stream, new Int16Array(320 * 50));
  await stream.close();
  await stream.close();
  writeFrames(stream, new Int16Array(320 * 50));
  await detector.close?.();
  expect(windows).toBe(0);
  expect((await detect(new Int16Array(5_120), detector)).probabilities).toHaveLength(10);
  await detector.close?.();
});

test('thresholds that contradict each other are refused', () => {
  expect(() => offlineVoiceActivity({ startThreshold: 0.3, stopThreshold: 0.4 })).toThrow(
    RangeError,
  );
});
