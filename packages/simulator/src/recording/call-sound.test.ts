import type { CallSound } from './call-sound.ts';
import { answerDelayMs, findSpeech, greetingDelayMs, interruptionDelayMs } from './call-sound.ts';
import { splitAtSilence, trimSilence } from './loudness.ts';

/** A direction of a call at 8 kHz that is loud in the given stretches of ms. */
function loudAt(...stretches: (readonly [fromMs: number, toMs: number])[]): Int16Array {
  const samples = new Int16Array(8 * 10_000).fill(20);
  for (const [fromMs, toMs] of stretches) samples.fill(5_000, fromMs * 8, toMs * 8);
  return samples;
}

const sound: CallSound = {
  sampleRate: 8_000,
  caller: loudAt([2_000, 3_000], [6_000, 7_000]),
  // Greeting, an answer with a pause that is interrupted at 6,320, and the next answer.
  heard: loudAt([150, 1_500], [3_640, 5_000], [5_200, 6_320], [7_800, 9_000]),
};

test('the greeting’s delay is the time to its first sound', () => {
  expect(greetingDelayMs(sound)).toBe(150);
});

test('speech is found where it is, and its answer is measured from its end', () => {
  const first = findSpeech(sound, 1_900, 1_000);
  expect(first).toEqual({ startMs: 2_000, endMs: 3_000 });
  expect(answerDelayMs(sound, first)).toBe(640);
});

test('an interruption lasts until the last sound before a long silence', () => {
  const second = findSpeech(sound, 5_500, 1_000);
  expect(interruptionDelayMs(sound, second)).toBe(320);
});

test('speech is trimmed to its loud part, and cut where it pauses for long', () => {
  const samples = loudAt([1_000, 2_000], [2_100, 3_000], [5_000, 6_000]);
  expect(trimSilence(samples).length).toBe(8 * 5_000);
  const parts = splitAtSilence(samples, 8 * 300);
  expect(parts.map((part) => part.length / 8)).toEqual([2_300, 1_300]);
  expect(splitAtSilence(new Int16Array(100), 8)).toEqual([]);
});
