import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { npmAsStranger, runCommand, strangersEnvironment } from './run-command.ts';

const CREATOR = 'create-phone-agent';
const READY = /http:\/\/localhost:(\d+)\//;
/** From the start of the project's server to its first sentence; models are loaded. */
const START_TIMEOUT_MS = 120_000;

/**
 * Makes a project from the packed packages as a stranger would, with `create-phone-agent` and no account:
 * installs it, checks its types, runs its test, starts it, opens its page and calls it.
 *
 * @throws Error that says what went wrong.
 */
export async function checkCreatedProject(
  archives: ReadonlyMap<string, string>,
  folder: string,
): Promise<void> {
  const archive = archives.get(CREATOR);
  if (archive === undefined) throw new Error(`${CREATOR} could not be packed`);
  const maker = join(folder, 'maker');
  const project = join(folder, 'project');
  mkdirSync(maker, { recursive: true });
  writeFileSync(
    join(maker, 'package.json'),
    JSON.stringify({ private: true, dependencies: { [CREATOR]: `file:${archive}` } }),
  );
  await npmAsStranger(['install', '--no-audit', '--no-fund'], maker);
  const program = join(maker, 'node_modules', CREATOR, 'dist', 'cli.js');
  const made = await runCommand(process.execPath, [program, project, '--yes'], { cwd: maker });
  if (!made.succeeded) throw new Error(`${CREATOR} failed:\n${made.output}`);

  useArchives(join(project, 'package.json'), archives);
  await npmAsStranger(['install', '--prefer-offline', '--no-audit', '--no-fund'], project);
  await npmAsStranger(['run', 'typecheck'], project);
  await npmAsStranger(['test'], project);
  await startAndCall(project);
}

/** What is not published yet comes from its archive. */
function useArchives(file: string, archives: ReadonlyMap<string, string>): void {
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as Record<string, object>;
  for (const section of ['dependencies', 'devDependencies']) {
    const ranges = manifest[section] as Record<string, string>;
    for (const name of Object.keys(ranges)) {
      const archive = archives.get(name);
      if (archive !== undefined) ranges[name] = `file:${archive}`;
    }
  }
  writeFileSync(file, JSON.stringify(manifest));
}

async function startAndCall(project: string): Promise<void> {
  const server = spawn(process.execPath, ['server.ts'], {
    cwd: project,
    env: { ...strangersEnvironment(), PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = once(server, 'close') as Promise<[number | null]>;
  try {
    const port = await portOf(server, closed);
    const page = await fetch(`http://localhost:${port}/`);
    const text = await page.text();
    if (page.status !== 200 || !text.includes('<title>Phone')) {
      throw new Error(`the page of the created project: HTTP ${String(page.status)}\n${text}`);
    }
    const program = join(project, 'node_modules', '.bin', 'phone-simulator');
    const call = await runCommand(
      process.platform === 'win32' ? `${program}.cmd` : program,
      ['call', `http://127.0.0.1:${port}`, '--digits', '1', '--hang-up-after-ms', '4000'],
      { cwd: project, environment: strangersEnvironment() },
    );
    if (!call.succeeded) throw new Error(`calling the created project failed:\n${call.output}`);
    server.kill('SIGTERM');
    const [code] = await closed;
    if (code !== 0 && process.platform !== 'win32') {
      throw new Error(`the created project's server ended with ${String(code)} on SIGTERM`);
    }
  } finally {
    server.kill('SIGKILL');
    await closed;
  }
}

async function portOf(server: ChildProcess, closed: Promise<unknown>): Promise<string> {
  let output = '';
  const collect = (data: Buffer): void => void (output += data.toString());
  server.stdout?.on('data', collect);
  server.stderr?.on('data', collect);
  const timeout = setTimeout(() => server.kill('SIGKILL'), START_TIMEOUT_MS);
  const ended = closed.then(() =>
    Promise.reject(new Error(`its server did not start:\n${output}`)),
  );
  try {
    for (;;) {
      const port = READY.exec(output)?.[1];
      if (port !== undefined) return port;
      await Promise.race([once(server.stdout!, 'data'), ended]);
    }
  } finally {
    clearTimeout(timeout);
    ended.catch(() => {});
  }
}
