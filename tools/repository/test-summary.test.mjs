import { failedFiles, replaceFiles, summarise, summaryLine } from './test-summary.mjs';

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
        status: 'passed',
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
    testResults: [
      {
        name: 'a.test.ts',
        status: 'passed',
        assertionResults: [{ status: 'todo', fullName: 'later' }],
      },
    ],
  });
  expect(summary.skipped).toEqual([{ file: 'a.test.ts', name: 'later', reason: undefined }]);
});

test('a file that fails before its tests run counts as failed', () => {
  const summary = summarise({ ...nothing, numPassedTests: 3, numRuntimeErrorTestSuites: 1 });
  expect(summaryLine(summary)).toBe('3 passed, 1 failed, 0 skipped');
});

test('of files that were run again the later result counts, and only that', () => {
  const file = (
    /** @type {string} */ name,
    /** @type {string} */ status,
    /** @type {string[]} */ ...tests
  ) => ({
    name,
    status,
    assertionResults: tests.map((test) => ({ status: test, fullName: name })),
  });
  const first = {
    ...nothing,
    testResults: [
      file('good.test.ts', 'passed', 'passed', 'pending'),
      file('busy.test.ts', 'failed', 'passed', 'failed'),
      file('wrong.test.ts', 'failed', 'failed'),
      file('broken.test.ts', 'failed'),
    ],
  };
  expect(failedFiles(first)).toEqual(['busy.test.ts', 'wrong.test.ts', 'broken.test.ts']);
  const again = {
    ...nothing,
    testResults: [
      file('busy.test.ts', 'passed', 'passed', 'passed'),
      file('wrong.test.ts', 'failed', 'failed'),
      file('broken.test.ts', 'failed'),
    ],
  };
  const both = replaceFiles(first, again);
  expect(failedFiles(both)).toEqual(['wrong.test.ts', 'broken.test.ts']);
  expect(summaryLine(summarise(both))).toBe('3 passed, 2 failed, 1 skipped');
});
