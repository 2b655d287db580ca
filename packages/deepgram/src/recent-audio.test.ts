import { RecentAudio } from './recent-audio.ts';

function readAll(audio: RecentAudio, from: number, to: number): number[] {
  const bytes: number[] = [];
  audio.read(from, to, (piece) => bytes.push(...piece));
  return bytes;
}

test('it gives back what was pushed, by position', () => {
  const audio = new RecentAudio(10);
  audio.push(Uint8Array.of(0, 1, 2, 3));
  audio.push(Uint8Array.of(4, 5));
  expect(audio.end).toBe(6);
  expect(readAll(audio, 1, 5)).toEqual([1, 2, 3, 4]);
});

test('only the last bytes are kept, however they were pushed', () => {
  const audio = new RecentAudio(5);
  for (let at = 0; at < 12; at += 3) audio.push(Uint8Array.of(at, at + 1, at + 2));
  expect(audio.start).toBe(7);
  expect(readAll(audio, 0, 100)).toEqual([7, 8, 9, 10, 11]);
  audio.push(Uint8Array.from({ length: 8 }, (_, index) => 12 + index));
  expect(readAll(audio, 0, 100)).toEqual([15, 16, 17, 18, 19]);
});
