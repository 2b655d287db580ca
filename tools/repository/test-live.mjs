/**
 * `npm run test:live`: the tests that need somebody's account, in `*.live.test.ts` beside the source. They call real
 * services, which may cost money, so they run only when they are asked for, one after the other, and never in CI.
 * A test whose account is not in the environment, or in `.env`, is skipped and says what it needs.
 * `npm run test:live -- <Jest arguments>` runs only those that match.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import process from 'node:process';
import { requireNode, workspaceRoot } from './node-runtime.mjs';
import { runVisibly } from './steps.mjs';
import { summarise, summaryLine } from './test-summary.mjs';

const ci = process.env['CI'] ?? '';
if (ci !== '' && ci !== 'false' && ci !== '0') {
  console.error(
    'Live tests call real services with your accounts: they do not run in CI (CI is set).',
  );
  process.exit(1);
}

const node = requireNode();
const environmentFile = join(workspaceRoot, '.env');
if (existsSync(environmentFile)) process.loadEnvFile(environmentFile);

const folder = mkdtempSync(join(tmpdir(), 'phone-agents-live-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const resultFile = join(folder, 'jest.json');
const exitCode = await runVisibly(
  node,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    '--runInBand',
    '--json',
    `--outputFile=${resultFile}`,
    ...process.argv.slice(2),
  ],
  { LIVE_TESTS: '1' },
);

if (existsSync(resultFile)) {
  const summary = summarise(JSON.parse(readFileSync(resultFile, 'utf8')));
  for (const { file, name, reason } of summary.skipped) {
    console.log(
      `${relative(workspaceRoot, file)}: ${name}\n  skipped: ${reason ?? 'no reason given'}`,
    );
  }
  console.log(`\n${summaryLine(summary)}`);
}
process.exitCode = exitCode;
