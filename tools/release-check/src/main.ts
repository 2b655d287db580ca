import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { workspaceRoot } from '@phone-agents/repository/node-runtime';
import { checkLoading, checkTypes } from './consumer.ts';
import { checkCreatedProject } from './created-project.ts';
import { findViolations } from './installation-rules.ts';
import {
  findOuterNodeModules,
  folderSize,
  install,
  listInstalled,
  type TypePackages,
} from './installation.ts';
import { pack } from './pack.ts';
import { runCommand } from './run-command.ts';
import { checkUsersTests } from './users-tests.ts';
import { readWorkspacePackages, withSiblings, type WorkspacePackage } from './workspace-package.ts';

const PARALLEL_INSTALLATIONS = 2;
const compiler = join(workspaceRoot, 'node_modules', 'typescript-native', 'bin', 'tsc');

/** Works through `items`, a few at a time. */
async function forEachInParallel<T>(
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = [...items];
  const worker = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      await work(item);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_INSTALLATIONS }, worker));
}

/** The type packages that this workspace develops with, by name. */
function readTypePackages(): TypePackages {
  const { devDependencies } = JSON.parse(
    readFileSync(join(workspaceRoot, 'package.json'), 'utf8'),
  ) as { devDependencies: Record<string, string> };
  return Object.fromEntries(
    Object.entries(devDependencies).filter(([name]) => name.startsWith('@types/')),
  );
}

async function checkPackage(
  subject: WorkspacePackage,
  packages: readonly WorkspacePackage[],
  archives: ReadonlyMap<string, string>,
  folder: string,
): Promise<{ problems: string[]; remark: string }> {
  try {
    const expected = withSiblings(subject.manifest.name, packages);
    await install({ folder, expected, archives, types: readTypePackages() });
    const installed = listInstalled(folder);
    const megabytes = folderSize(join(folder, 'node_modules')) / 1_000_000;
    const problems = [
      ...findViolations(expected, installed),
      ...(await checkLoading(folder, subject.manifest)),
      ...(await checkTypes(folder, subject.manifest, compiler)),
    ];
    return {
      problems,
      remark: `${String(installed.length)} packages, ${megabytes.toFixed(1)} MB with types`,
    };
  } catch (error) {
    return { problems: [error instanceof Error ? error.message : String(error)], remark: '' };
  }
}

async function main(): Promise<number> {
  const packages = readWorkspacePackages(workspaceRoot);
  const build = await runCommand(
    process.execPath,
    [fileURLToPath(import.meta.resolve('nx/bin/nx')), 'run-many', '-t', 'build'],
    {
      cwd: workspaceRoot,
      environment: { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false', CI: '1' },
    },
  );
  if (!build.succeeded) {
    console.log(build.output);
    console.log('release check: the build failed; going on with what is built\n');
  }

  const folder = mkdtempSync(join(tmpdir(), 'phone-agents-release-'));
  const outer = findOuterNodeModules(folder);
  if (outer !== undefined) {
    console.log(`release check: ${outer} may hide missing dependencies; remove it or set TMPDIR`);
  }
  try {
    const archiveFolder = join(folder, 'archives');
    mkdirSync(archiveFolder);
    const archives = new Map<string, string>();
    const packProblems = new Map<string, readonly string[]>();
    await forEachInParallel(packages, async (item) => {
      const { archive, problems } = await pack(item, archiveFolder);
      packProblems.set(item.manifest.name, problems);
      if (archive !== undefined) {
        archives.set(item.manifest.name, archive);
      }
    });

    let failures = build.succeeded ? 0 : 1;
    await forEachInParallel(packages, async (item) => {
      const { name, version } = item.manifest;
      const startedAt = performance.now();
      const checked = archives.has(name)
        ? await checkPackage(item, packages, archives, join(folder, name.replace('/', '-')))
        : { problems: [], remark: '' };
      const problems = [...(packProblems.get(name) ?? []), ...checked.problems];
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      const verdict = problems.length === 0 ? 'passed' : 'FAILED';
      console.log(`${name}@${version}: ${verdict} in ${seconds} s (${checked.remark})`);
      for (const problem of problems) {
        failures += 1;
        console.log(`  ${problem.replaceAll('\n', '\n    ')}`);
      }
    });
    const projects: [name: string, check: typeof checkUsersTests, remark: string][] = [
      ['a created project', checkCreatedProject, 'installed, tested, called'],
      ['tests of an agent', checkUsersTests, 'under Jest and Vitest'],
    ];
    await forEachInParallel(projects, async ([name, check, remark]) => {
      const startedAt = performance.now();
      try {
        await check(archives, join(folder, name.replaceAll(' ', '-')));
        const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
        console.log(`${name}: passed in ${seconds} s (${remark})`);
      } catch (error) {
        failures += 1;
        const problem = error instanceof Error ? error.message : String(error);
        console.log(`${name}: FAILED\n  ${problem.replaceAll('\n', '\n    ')}`);
      }
    });
    console.log(
      failures === 0
        ? `release check: all ${String(packages.length)} packages passed`
        : 'release check: FAILED',
    );
    return failures === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main();
