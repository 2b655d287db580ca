import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startQdrantStandIn } from '../testing/qdrant-stand-in.ts';
import type { Terminal } from './progress-bar.ts';
import { ProgressBar } from './progress-bar.ts';
import { runCli } from './run.ts';

let folder: string;
let docs: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phone-agents-cli-'));
  docs = join(folder, 'docs');
  await mkdir(docs);
  for (let number = 1; number <= 25; number++) {
    await writeFile(
      join(docs, `room-${number}.md`),
      `# Room ${number}\n\n## Colour\n\nRoom ${number} is painted in colour${number}.`,
    );
  }
  await writeFile(join(docs, 'broken.pdf'), 'no PDF');
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function run(
  args: readonly string[],
  { environment = {}, signal = new AbortController().signal, isTTY = false } = {},
) {
  const printed: string[] = [];
  const complaints: string[] = [];
  let drawn = '';
  const code = await runCli({
    args,
    environment,
    print: (line) => printed.push(line),
    complain: (line) => complaints.push(line),
    terminal: { isTTY, columns: 60, write: (text) => (drawn += text) },
    signal,
  });
  return { code, output: printed.join('\n'), complaints: complaints.join('\n'), drawn };
}

test('a folder is imported with progress, what was skipped is named, and a search finds', async () => {
  const path = join(folder, 'one.index');
  const first = await run(['import', docs, '--path', path]);
  expect(first).toMatchObject({
    code: 0,
    complaints: `skipped: ${join(docs, 'broken.pdf')} is a broken PDF`,
    drawn: expect.stringMatching(/^\d+ % \(\d+\/26\)\n[^]*100 % \(26\/26\)\n$/),
  });
  expect(first.drawn.split('\n').length).toBeLessThan(14);
  expect(first.output).toBe(
    '25 added, 0 updated, 0 unchanged, 0 removed, 1 skipped; 25 passages written, 0 embedded\n' +
      'The index has 25 documents and 25 passages. Search is by words alone, for no embedding model was given.',
  );
  expect((await run(['import', docs, '--path', path])).output).toMatch(/^0 added.* 25 unchanged/);
  const found = await run(['search', 'Which is colour7?', '--path', path, '--limit', '1']);
  expect(found.output).toMatch(
    /^1\.00 {2}docs\/room-7\.md:5 {2}Room 7 > Colour\n {6}Room 7 is painted in colour7\.\n/,
  );
  expect((await run(['search', 'zebra', '--path', path])).output).toMatch(/^Nothing fits\./);
  const empty = await run(['search', 'zebra', '--path', join(folder, 'no.index')]);
  expect(empty.output).toMatch(/^The index is empty/);
});

test('the other backends are chosen by options and environment', async () => {
  const server = await startQdrantStandIn('secret');
  const environment = { QDRANT_API_KEY: 'secret', KNOWLEDGE_URL: server.url };
  const backend = ['--backend', 'qdrant', '--collection', 'rooms'];
  expect(await run(['import', docs, ...backend], { environment })).toMatchObject({ code: 0 });
  const found = await run(['search', 'colour7', ...backend], { environment });
  expect(found.output).toContain('room-7.md');
  await server.close();
  const down = await run(['search', 'colour7', ...backend], { environment });
  expect(down).toMatchObject({
    code: 1,
    complaints: 'Qdrant cannot be used: nothing listens at its address, so it does not run.',
  });
  const postgres = ['--backend', 'postgres', '--url', 'postgres://a:pass-word@127.0.0.1:1/b'];
  const refused = await run(['search', 'colour7', ...postgres]);
  expect(refused).toMatchObject({ code: 1, complaints: expect.stringMatching(/nothing listens/) });
});

test.each([
  [[], /import FOLDER/],
  [['sing', 'a song'], /import FOLDER/],
  [['import'], /import FOLDER/],
  [['import', 'a', 'b'], /import FOLDER/],
  [['search', 'x', '--sing'], /--sing/],
  [['search', 'x', '--backend', 'oracle'], /--backend: must be local, postgres or qdrant/],
  [['search', 'x', '--backend', 'postgres'], /--url: is missing/],
  [['search', 'x', '--url', 'http://localhost'], /--url: is not for the backend local/],
  [['search', 'x', '--limit', 'many'], /limit must be a whole number/],
])('what is not understood is said with code 2: %j', async (args, message) => {
  const result = await run(args);
  expect([result.code, result.complaints]).toEqual([2, expect.stringMatching(message)]);
});

test('a folder that is not there is an error in one line', async () => {
  const result = await run(['import', join(folder, 'nowhere'), '--path', join(folder, 'x.index')]);
  expect(result).toMatchObject({
    code: 1,
    complaints: expect.stringMatching(/^The folder .*nowhere/),
  });
});

test('an import that is interrupted says that what was done is kept', async () => {
  const controller = new AbortController();
  controller.abort(new Error('Stopped.'));
  const path = join(folder, 'stopped.index');
  expect(await run(['import', docs, '--path', path], { signal: controller.signal })).toMatchObject({
    code: 1,
    complaints: 'Stopped: what was done is kept.',
  });
});

test('on a terminal the bar is drawn on one line, and taken away', () => {
  let drawn = '';
  const terminal: Terminal = { isTTY: true, columns: 50, write: (text) => (drawn += text) };
  const bar = new ProgressBar(terminal);
  bar.update(1, 4, 'docs/a-very-long-name-that-does-not-fit-on-the-line.md');
  bar.update(4, 4, 'docs/b.md');
  bar.clear();
  const [, first, second, last] = drawn.split('\r\x1b[K');
  expect(first).toMatch(/^█+░+ {2}25 % 1\/4 docs/);
  expect(first).toHaveLength(49);
  expect(second).toMatch(/^█+ 100 % 4\/4 docs\/b\.md$/);
  expect([last, drawn.includes('\n')]).toEqual(['', false]);
});
