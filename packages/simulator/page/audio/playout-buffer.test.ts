import { PlayoutBuffer } from './playout-buffer.ts';

const RATE = 1_000;

function ramp(from: number, count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => from + i);
}

function pull(buffer: PlayoutBuffer, count: number): number[] {
  const into = new Float32Array(count);
  buffer.pull(into);
  return [...into];
}

test('it begins once 60 ms are there, and keeps the order', () => {
  const buffer = new PlayoutBuffer(RATE);
  buffer.push(ramp(1, 40));
  expect(pull(buffer, 10)).toEqual(Array(10).fill(0));
  buffer.push(ramp(41, 20));
  expect(pull(buffer, 20)).toEqual([...ramp(1, 20)]);
  expect(pull(buffer, 40)).toEqual([...ramp(21, 40)]);
});

test('a gap is silent, and after it more is kept ahead', () => {
  const buffer = new PlayoutBuffer(RATE);
  buffer.push(ramp(1, 60));
  expect(pull(buffer, 70)).toEqual([...ramp(1, 60), ...Array<number>(10).fill(0)]);
  buffer.push(ramp(61, 60));
  expect(pull(buffer, 10)).toEqual(Array(10).fill(0));
  buffer.push(ramp(121, 20));
  expect(pull(buffer, 10)).toEqual([...ramp(61, 10)]);
});

test('what piles up is dropped down to the lead, oldest first', () => {
  const buffer = new PlayoutBuffer(RATE);
  buffer.push(ramp(1, 220));
  expect(buffer.waitingMs).toBe(220);
  buffer.push(ramp(221, 1));
  expect(buffer.waitingMs).toBe(60);
  expect(pull(buffer, 5)).toEqual([...ramp(162, 5)]);
  buffer.push(ramp(1, 5_000));
  expect(pull(buffer, 60)).toEqual([...ramp(4_941, 60)]);
});
