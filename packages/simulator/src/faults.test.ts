import { checkFaults } from './faults.ts';

test('a probability outside 0 to 1 and a negative duration are refused by name', () => {
  expect(() => checkFaults({ lostFrames: 1.5 })).toThrow(/faults\.lostFrames/);
  expect(() => checkFaults({ lateFrames: { probability: -1, durationMs: 1 } })).toThrow(
    /lateFrames\.probability/,
  );
  expect(() => checkFaults({ dropMediaAfterMs: -1 })).toThrow(/dropMediaAfterMs/);
  expect(checkFaults({ lostFrames: 1 })).toEqual({ lostFrames: 1 });
});
