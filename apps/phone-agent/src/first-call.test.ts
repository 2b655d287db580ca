import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodeWav } from '@phone-agents/core';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const FENCE = /^```sh(?: +([\w-]+))?\n([^]*?)^```$/gm;

/** A block of commands in the page. */
interface Block {
  /** `run`, `run-in-background`, or empty for what cannot be run here. */
  readonly mark: string;
  readonly commands: readonly string[];
}

const testPosix = process.platform === 'win32' ? test.skip : test;
const whyNot = process.platform === 'win32' ? ' [skipped: Windows has no process groups]' : '';

let folder: string;
let blocks: readonly Block[];
let scripts: Readonly<Record<string, unknown>>;
const started: ChildProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phone-agents-page-'));
  const page = await readFile(join(ROOT, 'docs', 'first-call.md'), 'utf8');
  blocks = [...page.matchAll(FENCE)].map(([, mark = '', body = '']) => ({
    mark,
    commands: body.trim().split('\n'),
  }));
  ({ scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')));
});

afterEach(async () => {
  for (const child of started.splice(0)) {
    if (child.exitCode !== null || child.pid === undefined) continue;
    const closed = once(child, 'close');
    // npm starts a shell, which starts Node: the whole group has to go.
    process.kill(-child.pid, 'SIGKILL');
    await closed;
  }
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Runs a command as a reader would, at the root; settings of this machine's own play no part. */
function run(command: string): { readonly child: ChildProcess; output(): string } {
  const child = spawn(command, {
    shell: true,
    cwd: ROOT,
    detached: true,
    env: { PATH: process.env['PATH'], HOME: folder, PHONE_NETWORK: 'simulated', PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  let output = '';
  const collect = (data: Buffer): void => void (output += data.toString());
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  return { child, output: () => output };
}

test('every npm script in the page exists', () => {
  const names = blocks
    .flatMap(({ commands }) => commands)
    .flatMap((command) => [...command.matchAll(/npm (?:run )?([\w:-]+)/g)])
    .map(([, name = '']) => name)
    .filter((name) => name !== 'ci');
  expect(new Set(names)).toEqual(new Set(['setup', 'demo', 'start', 'call']));
  for (const name of names) expect(scripts).toHaveProperty([name]);
});

testPosix(
  `the page's server starts, and its commands in the second terminal work${whyNot}`,
  async () => {
    const background = blocks.filter(({ mark }) => mark === 'run-in-background');
    const foreground = blocks.filter(({ mark }) => mark === 'run');
    expect([background.length, foreground.length]).toEqual([1, 2]);
    const server = run(background[0]!.commands.join('\n'));
    while (!server.output().includes('Stop with Ctrl-C')) {
      await Promise.race([
        once(server.child.stdout!, 'data'),
        once(server.child, 'close').then(() => {
          throw new Error(`The server ended: ${server.output()}`);
        }),
      ]);
    }
    const [url = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(server.output()) ?? [];
    const recording = join(folder, 'call.wav');
    for (const command of foreground.flatMap(({ commands }) => commands)) {
      // The page has the usual port and folder; here they are free ones.
      const called = run(
        command.replace('http://127.0.0.1:8000', url).replace('recordings/call.wav', recording),
      );
      const [code] = (await once(called.child, 'close')) as [number];
      expect([code, called.output()]).toEqual([0, expect.any(String)]);
    }
    expect(server.output()).toContain('caller: [key 1]');
    expect(server.output()).toContain('We are open from Monday to Friday');
    const { channels, sampleRate } = decodeWav(await readFile(recording));
    expect(channels[1]!.length / sampleRate).toBeGreaterThan(5);
  },
  120_000,
);
