import { SpokenAudio } from './spoken-audio.ts';

/** 16 samples a millisecond, each with its position in ms as value. */
function ramp(fromMs: number, toMs: number): Int16Array {
  return Int16Array.from({ length: (toMs - fromMs) * 16 }, (_, i) => fromMs + Math.floor(i / 16));
}

const firstAndLast = (chunks: readonly Int16Array[]): number[] => [
  chunks[0]!.at(0)!,
  chunks.at(-1)!.at(-1)!,
];

test('what was heard follows where it was published, other sounds between left out', () => {
  const audio = new SpokenAudio(16_000);
  audio.append(ramp(0, 100));
  expect(firstAndLast(audio.take(1_000))).toEqual([0, 99]);
  audio.append(ramp(100, 200));
  // Something else was published for 500 ms.
  expect(firstAndLast(audio.take(1_600))).toEqual([100, 199]);
  expect(audio.take(1_700)).toEqual([]);
  expect([900, 1_050, 1_300, 1_650, 5_000].map((at) => audio.heardMs(at))).toEqual([
    0, 50, 100, 150, 200,
  ]);
  expect(audio.publishedUntilMs).toBe(1_700);
});

test('it goes on in whole frames where it was stopped', () => {
  const audio = new SpokenAudio(16_000);
  audio.append(ramp(0, 200));
  audio.append(ramp(200, 400));
  audio.take(0);
  audio.forget(audio.heardMs(110));
  audio.rewind(audio.heardMs(110));
  expect(audio.waitingMs).toBe(300);
  expect(firstAndLast(audio.take(900))).toEqual([100, 399]);
  expect([110, 800, 950, 1_200].map((at) => audio.heardMs(at))).toEqual([110, 110, 150, 400]);
});

test('what was heard is forgotten chunk by chunk', () => {
  const audio = new SpokenAudio(16_000);
  audio.append(ramp(0, 40));
  audio.append(ramp(40, 80));
  audio.take(0);
  audio.forget(60);
  audio.rewind(60);
  expect(firstAndLast(audio.take(500))).toEqual([60, 79]);
});

test('silence fills the last frame', () => {
  const audio = new SpokenAudio(16_000);
  audio.append(ramp(0, 25));
  audio.pad();
  expect(audio.madeMs).toBe(40);
  audio.pad();
  expect(audio.madeMs).toBe(40);
});
