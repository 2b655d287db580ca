import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { isNewEnough } from './node-runtime.mjs';

const runScript = fileURLToPath(new URL('./run.mjs', import.meta.url));
/** @type {string} */
let folder;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'phone-agents-run-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/**
 * @param {string} source
 * @param {string[]} args
 */
function start(source, ...args) {
  const entry = join(folder, `${String(Math.random()).slice(2)}.ts`);
  writeFileSync(entry, source);
  return spawn(process.execPath, [runScript, entry, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

test('arguments and the exit code pass through, and nothing else is printed', async () => {
  const child = start(
    'const words: string[] = process.argv.slice(2); console.log(words.join("|")); process.exitCode = 7;',
    'one',
    'two words',
  );
  const output = child.stdout.setEncoding('utf8').toArray();
  const complaints = child.stderr.setEncoding('utf8').toArray();
  const [code] = await once(child, 'exit');
  expect([code, (await output).join(''), (await complaints).join('')]).toEqual([
    7,
    'one|two words\n',
    '',
  ]);
});

const onPosix = process.platform === 'win32' ? test.skip : test;
const whyNot = process.platform === 'win32' ? ' [skipped: Windows has no signals]' : '';

onPosix(`a signal reaches the program, which may end in its own time${whyNot}`, async () => {
  const child = start(
    'process.on("SIGTERM", () => { console.log("draining"); process.exit(3); });' +
      'setInterval(() => {}, 1000); console.log("ready");',
  );
  /** @type {string[]} */
  const lines = [];
  child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
    lines.push(text.trim());
    if (text.includes('ready')) {
      child.kill('SIGTERM');
    }
  });
  const [code] = await once(child, 'close');
  expect([code, lines]).toEqual([3, ['ready', 'draining']]);
});

onPosix(`a program that a signal ends looks ended by it from outside${whyNot}`, async () => {
  const child = start('process.kill(process.pid, "SIGTERM"); setInterval(() => {}, 1000);');
  const [code, signal] = await once(child, 'close');
  expect([code, signal]).toEqual([null, 'SIGTERM']);
});

test('a missing file is named in one line', async () => {
  const child = spawn(process.execPath, [runScript, 'no-such-file.ts']);
  const complaints = child.stderr.setEncoding('utf8').toArray();
  const [code] = await once(child, 'exit');
  expect([code, (await complaints).join('')]).toEqual([1, 'There is no no-such-file.ts to run.\n']);
});

test('a Node is new enough from 22.18 on', () => {
  expect(['v20.20.2', 'v22.17.1', 'v22.18.0', 'v24.0.0', '26.1.0'].map(isNewEnough)).toEqual([
    false,
    false,
    true,
    true,
    true,
  ]);
});
