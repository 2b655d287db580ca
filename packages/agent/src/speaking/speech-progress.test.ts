import { SpeechProgress } from './speech-progress.ts';

function spoken(): SpeechProgress {
  const progress = new SpeechProgress();
  progress.begin('One two three four.', 1_000);
  progress.complete(2_900);
  progress.begin('Five six.', 2_900);
  progress.complete(3_800);
  return progress;
}

test.each([
  [1_000, ''],
  [1_250, ''],
  [1_350, 'One'],
  [1_790, 'One two'],
  [2_400, 'One two three'],
  [2_850, 'One two three four.'],
  [2_900, 'One two three four.'],
  [3_350, 'One two three four. Five'],
  [3_800, 'One two three four. Five six.'],
])('at %i ms %j was heard', (positionMs, heard) => {
  expect(spoken().heardText(positionMs)).toBe(heard);
});

test('of a sentence that is still being made, the length is estimated from its letters', () => {
  const progress = new SpeechProgress();
  progress.begin('A long sentence of many words to come.', 0);
  progress.extend(200);
  expect(progress.heardText(200)).toBe('A');
  expect(progress.heardText(100)).toBe('A');
});
