/**
 * The part of Jest's JSON result that is read here.
 *
 * @typedef {object} JestResult
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {number} numPendingTests
 * @property {number} numTodoTests
 * @property {number} numRuntimeErrorTestSuites Files that failed before their tests ran.
 * @property {{ name: string; assertionResults: { status: string; fullName: string }[] }[]} testResults
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
