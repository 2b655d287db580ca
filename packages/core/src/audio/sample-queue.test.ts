import fc from 'fast-check';
import { SampleQueue } from './sample-queue.ts';

test('behaves as a list whose oldest entries are dropped beyond the capacity', () => {
  const action = fc.oneof(
    { weight: 4, arbitrary: fc.record({ push: fc.int16Array({ maxLength: 12 }) }) },
    { weight: 4, arbitrary: fc.record({ pull: fc.nat({ max: 12 }) }) },
    { weight: 1, arbitrary: fc.constant('clear' as const) },
  );
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10 }), fc.array(action), (capacity, actions) => {
      const queue = new SampleQueue(capacity);
      let model: number[] = [];
      let dropped = 0;
      for (const step of actions) {
        if (step === 'clear') {
          queue.clear();
          model = [];
        } else if ('push' in step) {
          model.push(...step.push);
          const excess = Math.max(0, model.length - capacity);
          model = model.slice(excess);
          dropped += excess;
          expect(queue.push(step.push)).toBe(excess);
        } else {
          const into = new Int16Array(step.pull).fill(-7);
          const expected = model.slice(0, step.pull);
          model = model.slice(step.pull);
          expect(queue.pull(into)).toBe(expected.length);
          while (expected.length < step.pull) expected.push(-7);
          expect([...into]).toEqual(expected);
        }
        expect(queue.length).toBe(model.length);
        expect(queue.droppedSamples).toBe(dropped);
      }
    }),
    { numRuns: 300 },
  );
});

test('keeps a copy, so that the pushed frame may be used again', () => {
  const queue = new SampleQueue(4);
  const borrowed = Int16Array.of(1, 2);
  queue.push(borrowed);
  borrowed.fill(99);
  const into = new Int16Array(2);
  queue.pull(into);
  expect([...into]).toEqual([1, 2]);
});

test('keeps the end of a piece that is longer than the queue', () => {
  const queue = new SampleQueue(3);
  queue.push(Int16Array.of(100, 101));
  expect(queue.push(Int16Array.of(1, 2, 3, 4, 5))).toBe(4);
  const into = new Int16Array(3);
  expect(queue.pull(into)).toBe(3);
  expect([...into]).toEqual([3, 4, 5]);
});

test('refuses a capacity that is none', () => {
  expect(() => new SampleQueue(0)).toThrow(RangeError);
  expect(() => new SampleQueue(1.5)).toThrow(RangeError);
  expect(() => new SampleQueue(Number.POSITIVE_INFINITY)).toThrow(RangeError);
});
