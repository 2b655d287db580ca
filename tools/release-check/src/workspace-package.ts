import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** What is read here of a package.json. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean | undefined;
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly bin?: Readonly<Record<string, string>> | undefined;
  readonly dependencies?: Readonly<Record<string, string>> | undefined;
  readonly peerDependencies?: Readonly<Record<string, string>> | undefined;
  readonly peerDependenciesMeta?:
    Readonly<Record<string, { readonly optional?: boolean | undefined }>> | undefined;
  readonly nx?: { readonly tags?: readonly string[] | undefined } | undefined;
}

/** A publishable package of this workspace. */
export interface WorkspacePackage {
  readonly folder: string;
  readonly manifest: Manifest;
}

/** The publishable packages below `packages/`, in the order of their names. */
export function readWorkspacePackages(workspaceRoot: string): WorkspacePackage[] {
  const parent = join(workspaceRoot, 'packages');
  return readdirSync(parent)
    .sort()
    .map((name) => join(parent, name))
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .map((folder) => ({ folder, manifest: readManifest(folder) }))
    .filter(({ manifest }) => manifest.private !== true);
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

/** What a user writes to import each entry: `@phone-agents/core`, `@phone-agents/core/testing`. */
export function importSpecifiers({ name, exports = {} }: Manifest): string[] {
  return Object.keys(exports)
    .filter((path) => path !== './package.json')
    .map((path) => name + path.slice(1));
}

/** The built files that the package's entries and programs name, relative to its folder. */
export function builtFiles({ exports = {}, bin = {} }: Manifest): string[] {
  const entries = Object.values(exports).flatMap((target) =>
    typeof target === 'string' ? [target] : [target['types'], target['default']],
  );
  return [...entries, ...Object.values(bin)].filter((file) => file !== undefined);
}

/** The peers that an installation needs: those not marked optional. */
export function requiredPeers(manifest: Manifest): Record<string, string> {
  return Object.fromEntries(
    Object.entries(manifest.peerDependencies ?? {}).filter(
      ([name]) => manifest.peerDependenciesMeta?.[name]?.optional !== true,
    ),
  );
}

/**
 * The packages of this workspace that come with one, through dependencies and required peers, itself included.
 *
 * @throws {RangeError} for a name that no package has.
 */
export function withSiblings(
  name: string,
  packages: readonly WorkspacePackage[],
): WorkspacePackage[] {
  const found = new Map<string, WorkspacePackage>();
  const visit = (current: string): void => {
    const item = packages.find(({ manifest }) => manifest.name === current);
    if (item === undefined) {
      throw new RangeError(`No package is named ${current}`);
    }
    found.set(current, item);
    const needed = Object.keys({ ...item.manifest.dependencies, ...requiredPeers(item.manifest) });
    for (const next of needed) {
      if (next.startsWith('@phone-agents/') && !found.has(next)) {
        visit(next);
      }
    }
  };
  visit(name);
  return [...found.values()];
}
