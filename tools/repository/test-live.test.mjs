import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { workspaceRoot } from './node-runtime.mjs';

/**
 * @param {readonly string[]} args
 * @param {Record<string, string>} environment
 */
function run(args, environment) {
  return spawnSync(
    process.execPath,
    [join(workspaceRoot, 'tools/repository/test-live.mjs'), ...args],
    {
      cwd: workspaceRoot,
      env: { PATH: process.env['PATH'], ...environment },
      encoding: 'utf8',
    },
  );
}

test('live tests do not run in CI', () => {
  const { status, stderr, stdout } = run([], { CI: '1' });
  expect([status, stdout]).toEqual([1, '']);
  expect(stderr).toContain('do not run in CI');
});

test('without accounts, live tests and no others are found, and say what they need', () => {
  const { status, stdout } = run(['packages/telnyx', '--silent'], {
    // What a developer's own .env file holds plays no part.
    ...Object.fromEntries(['API_KEY', 'PUBLIC_KEY'].map((name) => [`TELNYX_${name}`, ''])),
  });
  expect(stdout).toMatch(/telnyx\.live\.test\.ts: .*both ends/);
  expect(stdout).toContain('skipped: TELNYX_API_KEY');
  expect(stdout).toMatch(/\n0 passed, 0 failed, 3 skipped\n$/);
  expect(status).toBe(0);
});
