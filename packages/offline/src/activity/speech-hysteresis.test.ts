import { SpeechHysteresis } from './speech-hysteresis.ts';

const WINDOW = 512;

function activities(probabilities: readonly number[]) {
  const hysteresis = new SpeechHysteresis({
    windowSamples: WINDOW,
    startThreshold: 0.5,
    stopThreshold: 0.35,
    minimumSpeechSamples: 3 * WINDOW,
    minimumSilenceSamples: 3 * WINDOW,
  });
  return probabilities.flatMap((probability, index) => {
    const activity = hysteresis.push((index + 1) * WINDOW, probability);
    if (activity === undefined) return [];
    const { type, timestampSamples, decidedAtSamples } = activity;
    return [[type, timestampSamples / WINDOW, decidedAtSamples / WINDOW]];
  });
}

test('speech begins where its first window began and ends where its last one ended', () => {
  expect(activities([0, 0, 0.9, 0.9, 0.9, 0.9, 0.1, 0.1, 0.1, 0])).toEqual([
    ['speech-started', 2, 5],
    ['speech-ended', 6, 9],
  ]);
});

test('a click shorter than the minimum is no speech', () => {
  expect(activities([0.9, 0.9, 0, 0.9, 0.9, 0, 0.9, 0])).toEqual([]);
});

test('a probability between the thresholds neither begins, breaks nor ends speech', () => {
  expect(activities([0.4, 0.4, 0.4, 0.4, 0.4])).toEqual([]);
  expect(activities([0.6, 0.4, 0.6, 0.6, 0.4, 0.4, 0.4, 0.4])).toEqual([['speech-started', 0, 4]]);
});

test('a pause shorter than the minimum does not end speech', () => {
  expect(activities([0.9, 0.9, 0.9, 0.1, 0.1, 0.9, 0.1, 0.1, 0.1])).toEqual([
    ['speech-started', 0, 3],
    ['speech-ended', 6, 9],
  ]);
});
