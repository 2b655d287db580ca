import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** One entry of a published package. */
export interface PackageEntry {
  /** What users write: `@phone-agents/core/testing`. */
  readonly specifier: string;
  /** The source that it names, from the root: `packages/core/src/testing/index.ts`. */
  readonly source: string;
}

/** A public name, as an entry's source lists it. */
export interface PublicName {
  readonly name: string;
  readonly isType: boolean;
  readonly specifier: string;
}

const EXPORT_LIST = /export\s+(type\s+)?\{([^}]*)\}/g;
const EXPORTED_DECLARATION =
  /^export\s+(?:abstract\s+)?(const|function|class|interface|type)\s+(\w+)/gm;

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}

/** The entries of all published packages, core's and the agent's first. */
export function readPackageEntries(root: string): PackageEntry[] {
  const parent = join(root, 'packages');
  const rank = (name: string): number => ['core', 'agent', name].indexOf(name);
  return readdirSync(parent)
    .sort((a, b) => rank(a) - rank(b) || a.localeCompare(b))
    .filter((name) => existsSync(join(parent, name, 'package.json')))
    .flatMap((name) => {
      const text = readFileSync(join(parent, name, 'package.json'), 'utf8');
      const manifest = JSON.parse(text) as Manifest;
      if (manifest.private === true) return [];
      return Object.entries(manifest.exports ?? {}).flatMap(([path, target]) => {
        const source = typeof target === 'string' ? undefined : target['@phone-agents/source'];
        return source === undefined
          ? []
          : [
              {
                specifier: manifest.name + path.slice(1),
                source: `packages/${name}/${source.replace(/^\.\//, '')}`,
              },
            ];
      });
    });
}

/** The names that an entry exports; lint makes every entry list them one by one. */
export function readPublicNames(root: string, { specifier, source }: PackageEntry): PublicName[] {
  const text = readFileSync(join(root, source), 'utf8');
  const listed = [...text.matchAll(EXPORT_LIST)].flatMap(([, type, list = '']) =>
    list
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '')
      .map((item) => ({
        name: item.replace(/^type\s+/, '').replace(/^.*\sas\s+/, ''),
        isType: type !== undefined || item.startsWith('type '),
        specifier,
      })),
  );
  const declared = [...text.matchAll(EXPORTED_DECLARATION)].map(([, kind, name = '']) => ({
    name,
    isType: kind === 'interface' || kind === 'type',
    specifier,
  }));
  return [...listed, ...declared];
}
