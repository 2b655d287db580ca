import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { DocsPage } from './pages.ts';
import { workspaceRoot } from './pages.ts';

/** What a server of ours prints when it takes calls. */
const READY = 'Stop with Ctrl-C';
/** The address that pages name, and what a server on a free port prints. */
const PAGE_URL = /http:\/\/(?:127\.0\.0\.1|localhost):8000/g;
/** What commands write: into a folder that is removed. */
const WRITTEN = /\b(?:recordings\/|(?=knowledge\.index\b))/g;
const SERVER_URL = /http:\/\/127\.0\.0\.1:\d+/;

/** Marks of what {@link runPage} runs; a block without a mark cannot be run everywhere. */
const RUN = 'run';
const RUN_IN_BACKGROUND = 'run-in-background';
/** Mark of a block of text whose lines must stand in what the page's commands have printed so far. */
const SHOWS = 'shows';

/** Whether a page has commands that {@link runPage} runs. */
export function hasRunnableCommands({ blocks }: DocsPage): boolean {
  return blocks.some(({ marks }) => marks.includes(RUN) || marks.includes(RUN_IN_BACKGROUND));
}

/**
 * Runs the marked commands of a page in order, as a reader would, at the root: `run` to its end,
 * `run-in-background` until it is ready. The port is a free one, what is written goes to a folder that
 * is removed, and settings of this machine's own play no part. Returns what did not go as the page says.
 */
export async function runPage({ path, blocks }: DocsPage): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'phone-agents-page-'));
  const started: ChildProcess[] = [];
  const problems: string[] = [];
  let output = '';
  let url = 'http://127.0.0.1:8000';
  const start = (command: string): ChildProcess => {
    const child = spawn(command.replaceAll(PAGE_URL, url).replaceAll(WRITTEN, `${folder}/`), {
      shell: true,
      cwd: workspaceRoot,
      detached: true,
      env: { PATH: process.env['PATH'], HOME: folder, PHONE_NETWORK: 'simulated', PORT: '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const collect = (data: Buffer): void => void (output += data.toString());
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    started.push(child);
    return child;
  };
  try {
    for (const { marks, text, line } of blocks) {
      if (marks.includes(RUN)) {
        for (const command of text.split('\n')) {
          const [code] = (await once(start(command), 'close')) as [number | null];
          if (code !== 0) problems.push(`${path}:${line} ${command} ended with ${code}: ${output}`);
        }
      } else if (marks.includes(RUN_IN_BACKGROUND)) {
        const before = output.length;
        const child = start(text);
        while (!output.includes(READY, before) && child.exitCode === null) {
          await Promise.race([once(child.stdout!, 'data'), once(child, 'close')]);
        }
        url = SERVER_URL.exec(output.slice(before))?.[0] ?? url;
        if (child.exitCode !== null) problems.push(`${path}:${line} ended: ${output}`);
      } else if (marks.includes(SHOWS)) {
        const missing = text.split('\n').filter((row) => !output.includes(row.trim()));
        for (const row of missing) problems.push(`${path}:${line} "${row}" is not in: ${output}`);
      }
    }
  } finally {
    await Promise.all(started.map(stop));
    await rm(folder, { recursive: true, force: true });
  }
  return problems;
}

/** npm starts a shell, which starts Node: the whole group has to go. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const closed = once(child, 'close');
  process.kill(-child.pid, 'SIGKILL');
  await closed;
}
