import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { AccountServer } from './test-support/account-server.ts';

let server: AccountServer;
let folder: string;
beforeAll(async () => (server = await AccountServer.start()));
beforeEach(() => {
  server.reset();
  folder = mkdtempSync(join(tmpdir(), 'telnyx-cli-'));
});
afterEach(() => rmSync(folder, { recursive: true }));
afterAll(() => server.close());

function start(...args: string[]) {
  const program = fileURLToPath(new URL('./cli.ts', import.meta.url));
  const child = spawn(process.execPath, ['--conditions=@phone-agents/source', program, ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], TELNYX_API_KEY: 'KEY1', TELNYX_API_BASE_URL: server.url },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit') as Promise<[number | null, string | null]>;
  return { child, exited };
}

/** A set-up that has come so far that it waits for its end. */
async function setUp() {
  const run = start(
    'setup',
    '--phone-number',
    '+15005550020',
    '--public-url',
    'agent.example.test',
  );
  for await (const line of createInterface(run.child.stdout)) {
    if (line.startsWith('Ctrl-C')) break;
  }
  expect(server.numbers[0]!.connection_id).toBe(server.applications[0]!.id);
  return run;
}

const journal = (): string => join(folder, '.phone-agents-telnyx.json');

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('a set-up restores on %s', async (signal) => {
  const { child, exited } = await setUp();
  child.kill(signal);
  // An impatient second one changes nothing.
  child.kill(signal);
  await expect(exited).resolves.toEqual([0, null]);
  expect(server.numbers[0]!.connection_id).toBe('42');
  expect(server.applications).toEqual([]);
  expect(existsSync(journal())).toBe(false);
});

test('after a hard kill, teardown restores from the journal', async () => {
  const { child, exited } = await setUp();
  child.kill('SIGKILL');
  await exited;
  expect(server.applications).toHaveLength(1);
  expect(existsSync(journal())).toBe(true);
  await expect(start('teardown').exited).resolves.toEqual([0, null]);
  expect(server.numbers[0]!.connection_id).toBe('42');
  expect(server.applications).toEqual([]);
  expect(existsSync(journal())).toBe(false);
});
