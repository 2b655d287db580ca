import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'create-phone-agent-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function run(...args: string[]) {
  const cli = fileURLToPath(new URL('./cli.ts', import.meta.url));
  return spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', cli, ...args], {
    cwd: folder,
    encoding: 'utf8',
  });
}

test('without a terminal nothing is asked, and the next steps are told', () => {
  const { status, stdout, stderr } = run('shop', '--provider', 'telnyx');
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toContain('cd shop\n  npm install\n  npm start\n');
  expect(existsSync(join(folder, 'shop', 'agent.ts'))).toBe(true);
});

test('a folder that is full, and a wrong flag, are told in a sentence', () => {
  run('twice');
  const again = run('twice');
  expect([again.status, again.stderr]).toEqual([
    1,
    expect.stringMatching(/^twice is not empty: .*\n$/),
  ]);
  const wrong = run('--edge', 'cloud');
  expect([wrong.status, wrong.stderr]).toEqual([1, expect.stringContaining('Usage: npm create')]);
  expect(run('--help').stdout).toMatch(/--provider\n +twilio +Twilio/);
});
