/**
 * The part of Jest's JSON result that is read here.
 *
 * @typedef {object} JestResult
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {number} numPendingTests
 * @property {number} numTodoTests
 * @property {number} numRuntimeErrorTestSuites Files that failed before their tests ran.
 * @property {TestFile[]} testResults
 */

/**
 * @typedef {object} TestFile
 * @property {string} name Its path.
 * @property {string} status `passed` or `failed`; also `failed` where it broke before its tests ran.
 * @property {{ status: string; fullName: string }[]} assertionResults
 */

/**
 * A test that did not run, with the reason its name gives: `hears a number [skipped: pocketsphinx is missing]`.
 *
 * @typedef {{ file: string; name: string; reason: string | undefined }} SkippedTest
 */

/**
 * @param {JestResult} result
 * @returns {{ passed: number; failed: number; skipped: SkippedTest[] }}
 */
export function summarise(result) {
  const skipped = result.testResults.flatMap(({ name: file, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status !== 'passed' && status !== 'failed')
      .map(({ fullName }) => ({ file, ...splitReason(fullName) })),
  );
  return {
    passed: result.numPassedTests,
    failed: result.numFailedTests + result.numRuntimeErrorTestSuites,
    skipped,
  };
}

/** @param {JestResult} result */
export function failedFiles(result) {
  return result.testResults.filter(({ status }) => status === 'failed').map(({ name }) => name);
}

/**
 * The result of a run, some of whose files were run again: of those, the later result counts.
 *
 * @param {JestResult} result
 * @param {JestResult} again
 * @returns {JestResult}
 */
export function replaceFiles(result, again) {
  const later = new Map(again.testResults.map((file) => [file.name, file]));
  const testResults = result.testResults.map((file) => later.get(file.name) ?? file);
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  const count = (/** @type {string} */ status) =>
    tests.filter((test) => test.status === status).length;
  return {
    testResults,
    numPassedTests: count('passed'),
    numFailedTests: count('failed'),
    numPendingTests: count('pending'),
    numTodoTests: count('todo'),
    numRuntimeErrorTestSuites: testResults.filter(
      ({ status, assertionResults }) =>
        status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
    ).length,
  };
}

/** @param {{ passed: number; failed: number; skipped: readonly unknown[] }} summary */
export function summaryLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped.length} skipped`;
}

/**
 * @param {string} fullName
 * @returns {{ name: string; reason: string | undefined }}
 */
function splitReason(fullName) {
  const match = /^(.*?)\s*\[skipped: ([^\]]+)\]\s*$/.exec(fullName);
  return { name: match?.[1] ?? fullName, reason: match?.[2] };
}
