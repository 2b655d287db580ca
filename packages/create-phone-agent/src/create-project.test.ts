import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ProjectChoices } from './choices.ts';
import { AGENTS, DEFAULT_CHOICES, EDGES, PROVIDERS } from './choices.ts';
import { FolderNotEmptyError, createProject } from './create-project.ts';
import { packageNameOf } from './project-manifest.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const SOURCES = '--conditions=@phone-agents/source';
const everything: ProjectChoices[] = PROVIDERS.flatMap((provider) =>
  EDGES.flatMap((edge) => AGENTS.map((agent) => ({ provider, edge, agent }))),
);
const nameOf = ({ provider, edge, agent }: ProjectChoices): string =>
  `${provider}-${edge}-${agent}`;

let folder: string;

beforeAll(async () => {
  // Inside the workspace, so that projects find its packages; Node runs no TypeScript below node_modules.
  const parent = join(ROOT, 'packages', 'create-phone-agent', '.pages');
  await mkdir(parent, { recursive: true });
  folder = await mkdtemp(join(parent, 'projects-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

function runNode(args: readonly string[], cwd: string) {
  return spawnSync(process.execPath, args, {
    cwd,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], NODE_NO_WARNINGS: '1' },
  });
}

test('every combination type-checks, and no other company is named in it', async () => {
  for (const choices of everything) {
    const project = join(folder, nameOf(choices));
    const files = await createProject(project, choices);
    const texts = await Promise.all(files.map((file) => readFile(join(project, file), 'utf8')));
    const other = choices.provider === 'twilio' ? /telnyx/i : /twilio/i;
    expect([nameOf(choices), texts.filter((text) => other.test(text))]).toEqual([
      nameOf(choices),
      [],
    ]);
  }
  const [first] = everything;
  const own = JSON.parse(await readFile(join(folder, nameOf(first!), 'tsconfig.json'), 'utf8'));
  const { compilerOptions } = own;
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: { ...compilerOptions, customConditions: ['@phone-agents/source'] },
      include: ['*/*.ts', '../../../../packages/*/src/**/*.d.ts'],
    }),
  );
  const compiler = join(ROOT, 'node_modules', 'typescript-native', 'bin', 'tsc');
  const { status, stdout } = runNode([compiler, '-p', '.', '--pretty', 'false'], folder);
  expect([status, stdout]).toEqual([0, '']);
}, 180_000);

test.each(PROVIDERS)(
  'the test of a project for %s passes: a caller hears the answers',
  async (provider) => {
    const project = join(folder, `${provider}-tested`);
    await createProject(project, { ...DEFAULT_CHOICES, provider });
    const { status, stdout, stderr } = runNode([SOURCES, '--test'], project);
    expect([status, stdout + stderr]).toEqual([0, expect.stringMatching(/pass 1\b/)]);
  },
  180_000,
);

test('what a live server lacks is named, and no secret', async () => {
  const project = join(folder, 'live');
  await createProject(project, DEFAULT_CHOICES);
  for (const [lacking, more] of [
    ['publicUrl', ''],
    ['TWILIO_ACCOUNT_SID', 'PUBLIC_URL=phone.example.com\n'],
  ]) {
    await writeFile(join(project, '.env'), `TWILIO_AUTH_TOKEN=secret\nPORT=0\n${more}`);
    const { status, stdout, stderr } = runNode([SOURCES, 'server.ts'], project);
    expect([status, stderr]).toEqual([1, expect.stringContaining(`  ${lacking} `)]);
    expect(stdout + stderr).not.toContain('secret');
  }
}, 120_000);

test('a folder with files is left alone', async () => {
  const project = join(folder, 'full');
  await mkdir(project);
  await mkdir(join(project, '.git'));
  await createProject(project, DEFAULT_CHOICES);
  await expect(createProject(project, DEFAULT_CHOICES)).rejects.toThrow(FolderNotEmptyError);
});

test('npm takes the name of every folder', () => {
  expect(['My Agent!', '_x', '..', 'ok-1.2', 'Ünï'].map(packageNameOf)).toEqual([
    'my-agent',
    'x',
    'phone-agent',
    'ok-1.2',
    'n',
  ]);
});
