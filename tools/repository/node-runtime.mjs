import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/** The folder of the checkout. */
export const workspaceRoot = fileURLToPath(new URL('../..', import.meta.url));

/** The first Node that runs TypeScript sources without a flag. */
export const lowestNode = Object.freeze({ major: 22, minor: 18 });

/**
 * Whether a Node of this version can run the workspace's TypeScript sources.
 *
 * @param {string} version As in `process.version`, with or without the leading `v`.
 */
export function isNewEnough(version) {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  return major > lowestNode.major || (major === lowestNode.major && minor >= lowestNode.minor);
}

/**
 * The Node to run TypeScript with: this process's own when it is new enough, else the one that `npm ci` put into
 * `node_modules`. `undefined` when there is none.
 *
 * @returns {string | undefined}
 */
export function findNode() {
  if (isNewEnough(process.version)) {
    return process.execPath;
  }
  const isWindows = process.platform === 'win32';
  const platformPackage = `node-${isWindows ? 'win' : process.platform}-${process.arch}`;
  const installed = join(
    workspaceRoot,
    'node_modules',
    platformPackage,
    'bin',
    isWindows ? 'node.exe' : 'node',
  );
  if (!existsSync(installed)) {
    return undefined;
  }
  // It is there but cannot start on a system with another C library, such as Alpine.
  const { stdout } = spawnSync(installed, ['--version'], { encoding: 'utf8' });
  return stdout && isNewEnough(stdout.trim()) ? installed : undefined;
}

/** Like {@link findNode}, but says in one line what to do and ends the process when there is none. */
export function requireNode() {
  const node = findNode();
  if (node === undefined) {
    console.error(
      `Phone Agents needs Node ${lowestNode.major}.${lowestNode.minor} or newer and this is ${process.version}: ` +
        'install Node 24 from https://nodejs.org, then run the command again.',
    );
    process.exit(1);
  }
  return node;
}

/** Runs workspace packages from their sources, and without Node's remark that type stripping is new. */
export const sourceFlags = Object.freeze([
  '--conditions=@phone-agents/source',
  '--disable-warning=ExperimentalWarning',
]);
