/**
 * `npm test`: format, lint with boundaries, types, then all tests; stops at the first failure. A few files that
 * failed beside others are run once more, one by one: calls are in real time, and a machine that is busy with the
 * next file misses their deadlines. What is broken fails again; what passes then is named.
 * `npm test -- <Jest arguments>` (a part of a path, `-t name`, `--watch`) runs only the tests that match.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import process from 'node:process';
import { requireNode, workspaceRoot } from './node-runtime.mjs';
import { runLanes, runVisibly, secondsSince } from './steps.mjs';
import { failedFiles, replaceFiles, summarise, summaryLine } from './test-summary.mjs';

const node = requireNode();
const jestArguments = process.argv.slice(2);
const runsEverything = jestArguments.length === 0;

if (runsEverything) {
  const failedStep = await runLanes([
    [
      script('format', 'prettier/bin/prettier.cjs', ['--check', '--log-level', 'warn', '.']),
      script('types', 'typescript-native/bin/tsc', ['-p', 'tsconfig.json']),
      // The page has a browser's globals, which no other source may see.
      script('types of the page', 'typescript-native/bin/tsc', [
        '-p',
        'packages/simulator/page/tsconfig.json',
      ]),
    ],
    [script('lint', 'eslint/bin/eslint.js', ['.', '--max-warnings', '0'])],
  ]);
  if (failedStep !== undefined) {
    console.log(`\n${failedStep} failed: no tests were run`);
    process.exit(1);
  }
}

/** Of more files that fail, the machine's load is not the cause. */
const MAX_FILES_RUN_AGAIN = 5;

const startedAt = performance.now();
const folder = mkdtempSync(join(tmpdir(), 'phone-agents-test-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
let { exitCode, result } = await runJest(`--maxWorkers=${workerCount()}`, ...jestArguments);
const failed = failedFiles(result);
if (runsEverything && failed.length > 0 && failed.length <= MAX_FILES_RUN_AGAIN) {
  console.log('\nOnce more, one by one:');
  for (const file of failed) console.log(`  ${relative(workspaceRoot, file)}`);
  const again = await runJest('--runInBand', '--runTestsByPath', ...failed);
  exitCode = again.exitCode;
  result = replaceFiles(result, again.result);
  const broken = new Set(failedFiles(again.result));
  const busy = failed.filter((file) => !broken.has(file));
  if (busy.length > 0) {
    console.log('\nFailed beside other tests and passed alone (make them bear a busy machine):');
    for (const file of busy) console.log(`  ${relative(workspaceRoot, file)}`);
  }
}

const summary = summarise(result);
let unexplained = 0;
if (runsEverything && summary.skipped.length > 0) {
  console.log('\nSkipped:');
  for (const { file, name, reason } of summary.skipped) {
    unexplained += reason === undefined ? 1 : 0;
    console.log(`  ${relative(workspaceRoot, file)}: ${name}`);
    console.log(
      `    ${reason ?? 'NO REASON GIVEN: end the name with [skipped: why], see CONTRIBUTING.md'}`,
    );
  }
}
console.log(
  `\ntests: ${exitCode === 0 && unexplained === 0 ? 'passed' : 'FAILED'} in ${secondsSince(startedAt)}`,
);
console.log(summaryLine(summary));
process.exit(exitCode !== 0 ? exitCode : unexplained > 0 ? 1 : 0);

/**
 * @param {string} name
 * @param {string} file Below `node_modules`.
 * @param {readonly string[]} args
 * @returns {import('./steps.mjs').Step}
 */
function script(name, file, args) {
  return { name, command: node, args: [join('node_modules', file), ...args] };
}

/** All cores of a small machine; a large one keeps one for the programs that tests start. */
function workerCount() {
  const cores = availableParallelism();
  return cores <= 4 ? cores : cores - 1;
}

/**
 * Runs Jest; ends this process where it gives no result.
 *
 * @param {...string} args
 * @returns {Promise<{ exitCode: number; result: import('./test-summary.mjs').JestResult }>}
 */
async function runJest(...args) {
  const resultFile = join(folder, 'jest.json');
  rmSync(resultFile, { force: true });
  const exitCode = await runVisibly(node, [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    // Leak tests ask for a collection before they measure.
    '--expose-gc',
    'node_modules/jest/bin/jest.js',
    '--json',
    `--outputFile=${resultFile}`,
    ...args,
  ]);
  try {
    return { exitCode, result: JSON.parse(readFileSync(resultFile, 'utf8')) };
  } catch {
    console.log('\nJest gave no result: see its message above');
    return process.exit(exitCode || 1);
  }
}
