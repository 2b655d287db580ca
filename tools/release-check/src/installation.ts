import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { InstalledPackage } from './installation-rules.ts';
import { npmAsStranger } from './run-command.ts';
import { requiredPeers, type WorkspacePackage } from './workspace-package.ts';

/** Versions of type packages that a TypeScript user adds beside the packages themselves. */
export type TypePackages = Readonly<Record<string, string>>;

/**
 * Installs a package with its peers in an empty folder, as a user outside this workspace would.
 *
 * @param expected The package and its siblings; the siblings come from their archives, for they may be unpublished.
 * @throws {Error} with npm's output when the installation fails.
 */
export async function install(options: {
  folder: string;
  expected: readonly WorkspacePackage[];
  archives: ReadonlyMap<string, string>;
  types: TypePackages;
}): Promise<void> {
  const { folder, expected, archives, types } = options;
  const dependencies: Record<string, string> = {};
  for (const { manifest } of expected) {
    for (const [peer, range] of Object.entries(requiredPeers(manifest))) {
      dependencies[peer] ??= range;
      const typePackage = `@types/${peer}`;
      const version = types[typePackage];
      if (version !== undefined) {
        dependencies[typePackage] = version;
      }
    }
  }
  for (const { manifest } of expected) {
    const archive = archives.get(manifest.name);
    if (archive === undefined) {
      throw new Error(`${manifest.name} could not be packed`);
    }
    dependencies[manifest.name] = `file:${archive}`;
  }
  const nodeTypes = types['@types/node'];
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({
      name: 'stranger',
      private: true,
      dependencies,
      devDependencies: nodeTypes === undefined ? {} : { '@types/node': nodeTypes },
    }),
  );
  await npmAsStranger(['install', '--prefer-offline', '--no-audit', '--no-fund'], folder);
}

/** Every package below `node_modules`, at any depth, without the types that the check itself added. */
export function listInstalled(folder: string): InstalledPackage[] {
  const found: InstalledPackage[] = [];
  const visit = (parent: string): void => {
    for (const entry of subfolders(join(folder, parent))) {
      if (entry.startsWith('.')) {
        continue;
      }
      const names = entry.startsWith('@')
        ? subfolders(join(folder, parent, entry)).map((name) => `${entry}/${name}`)
        : [entry];
      for (const name of names) {
        const path = `${parent}/${name}`;
        if (!name.startsWith('@types/') && name !== 'undici-types') {
          found.push({ name, path });
        }
        visit(`${path}/node_modules`);
      }
    }
  };
  visit('node_modules');
  return found;
}

/**
 * A `node_modules` above the folder, where Node and TypeScript look as well: what it holds would hide that a package is
 * missing here.
 */
export function findOuterNodeModules(folder: string): string | undefined {
  const parent = dirname(folder);
  const candidate = join(parent, 'node_modules');
  if (existsSync(candidate)) {
    return candidate;
  }
  return parent === folder ? undefined : findOuterNodeModules(parent);
}

/** The bytes of all files below a folder. */
export function folderSize(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

function subfolders(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch {
    return [];
  }
}
