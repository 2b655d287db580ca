import { summarise, summaryLine } from './test-summary.mjs';

const nothing = {
  numPassedTests: 0,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  numRuntimeErrorTestSuites: 0,
  testResults: [],
};

test('a skipped test is listed with the reason that its name gives', () => {
  const summary = summarise({
    ...nothing,
    numPassedTests: 2,
    numPendingTests: 1,
    testResults: [
      {
        name: 'recogniser.test.ts',
        assertionResults: [
          { status: 'passed', fullName: 'starts' },
          { status: 'passed', fullName: 'stops' },
          { status: 'pending', fullName: 'hears a number [skipped: pocketsphinx is missing]' },
        ],
      },
    ],
  });
  expect(summary.skipped).toEqual([
    { file: 'recogniser.test.ts', name: 'hears a number', reason: 'pocketsphinx is missing' },
  ]);
  expect(summaryLine(summary)).toBe('2 passed, 0 failed, 1 skipped');
});

test('a test still to be written counts as skipped without a reason', () => {
  const summary = summarise({
    ...nothing,
    numTodoTests: 1,
    testResults: [{ name: 'a.test.ts', assertionResults: [{ status: 'todo', fullName: 'later' }] }],
  });
  expect(summary.skipped).toEqual([{ file: 'a.test.ts', name: 'later', reason: undefined }]);
});

test('a file that fails before its tests run counts as failed', () => {
  const summary = summarise({ ...nothing, numPassedTests: 3, numRuntimeErrorTestSuites: 1 });
  expect(summaryLine(summary)).toBe('3 passed, 1 failed, 0 skipped');
});
