import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readDocsPages, workspaceRoot } from './pages.ts';
import { hasRunnableCommands, runPage } from './run-page.ts';

interface Manifest {
  readonly name: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly bin?: string | Readonly<Record<string, string>>;
}

const readManifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(workspaceRoot, folder, 'package.json'), 'utf8'));

const pages = readDocsPages();
const packages = readdirSync(join(workspaceRoot, 'packages'))
  .filter((name) => existsSync(join(workspaceRoot, 'packages', name, 'package.json')))
  .map((name) => readManifest(`packages/${name}`));
const commands = pages.flatMap(({ path, blocks }) =>
  blocks
    .filter(({ language }) => ['sh', 'bash', 'console'].includes(language))
    .flatMap(({ text, line }) => text.split('\n').map((command) => ({ path, line, command }))),
);

/** Matches of a pattern in all commands, each with where it stands. */
function mentioned(pattern: RegExp): { place: string; name: string }[] {
  return commands.flatMap(({ path, line, command }) =>
    [...command.matchAll(pattern)].map(([, name = '']) => ({ place: `${path}:${line}`, name })),
  );
}

test('every npm script that a page names exists', () => {
  const { scripts = {} } = readManifest('.');
  const named = [...mentioned(/\bnpm run ([\w:-]+)/g), ...mentioned(/\bnpm (start|test)\b/g)];
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter(({ name }) => !(name in scripts))).toEqual([]);
});

test('every package of ours that a page installs or runs exists', () => {
  const names = new Set(packages.map(({ name }) => name));
  const programs = packages.flatMap(({ name, bin = {} }) =>
    typeof bin === 'string' ? [name] : Object.keys(bin),
  );
  const installed = mentioned(/(@phone-agents\/[\w-]+)/g);
  expect(installed.filter(({ name }) => !names.has(name))).toEqual([]);
  const run = mentioned(/\bnpx (?:--\S+ )*([@\w/-]+)/g);
  const known = [...programs, ...names, 'nx'];
  expect(run.filter(({ name }) => !known.includes(name))).toEqual([]);
});

const testPosix = process.platform === 'win32' ? test.skip : test;
const whyNot = process.platform === 'win32' ? ' [skipped: Windows has no process groups]' : '';

for (const page of pages.filter(hasRunnableCommands)) {
  testPosix(
    `the commands of ${page.path} work, and print what it shows${whyNot}`,
    async () => {
      expect(await runPage(page)).toEqual([]);
    },
    180_000,
  );
}

test('the first pages of the learning path are among those whose commands are run', () => {
  const names = pages.filter(hasRunnableCommands).map(({ path }) => path);
  expect(names).toEqual(expect.arrayContaining(['docs/first-call.md', 'docs/support-agent.md']));
});
