import { readFile } from 'node:fs/promises';
import type { ProjectChoices } from './choices.ts';

/** The package's own package.json: its development dependencies are the versions that projects get. */
export interface OwnManifest {
  readonly devDependencies: Readonly<Record<string, string>>;
}

/** Reads {@link OwnManifest}. */
export async function readOwnManifest(): Promise<OwnManifest> {
  return JSON.parse(
    await readFile(new URL('../package.json', import.meta.url), 'utf8'),
  ) as OwnManifest;
}

const AGENT_PACKAGES: Readonly<Record<ProjectChoices['agent'], readonly string[]>> = {
  offline: [],
  cloud: ['@ai-sdk/openai', '@phone-agents/deepgram', '@phone-agents/elevenlabs'],
  realtime: ['@phone-agents/openai'],
};

/** The package.json of a project. */
export function projectManifest(
  folderName: string,
  { provider, edge, agent }: ProjectChoices,
  { devDependencies: versions }: OwnManifest,
): object {
  const runtime = [
    '@phone-agents/agent',
    '@phone-agents/core',
    '@phone-agents/express',
    '@phone-agents/offline',
    `@phone-agents/${provider}`,
    ...(edge === 'stream' ? ['@phone-agents/stream-video'] : []),
    ...AGENT_PACKAGES[agent],
    'ai',
    'express',
    'zod',
  ];
  const pick = (names: readonly string[]): Record<string, string> =>
    Object.fromEntries([...names].sort().map((name) => [name, rangeOf(name, versions)]));
  return {
    name: packageNameOf(folderName),
    version: '0.0.0',
    private: true,
    type: 'module',
    // The first Node that runs TypeScript as it is.
    engines: { node: '>=22.18' },
    scripts: {
      start: 'node server.ts',
      dev: 'node --watch server.ts',
      call: 'phone-simulator call http://127.0.0.1:8000 --digits 1 --record call.wav',
      test: 'node --test',
      typecheck: 'tsc',
    },
    dependencies: pick(runtime),
    devDependencies: {
      ...pick(['@phone-agents/simulator', '@phone-agents/testing', '@types/node']),
      typescript: '^7.0.2',
    },
  };
}

/** The tsconfig.json of a project: Node runs the sources, TypeScript only checks them. */
export const projectTsconfig = {
  compilerOptions: {
    target: 'es2023',
    lib: ['es2023'],
    module: 'nodenext',
    types: ['node'],
    strict: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    erasableSyntaxOnly: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
    noEmit: true,
  },
  include: ['*.ts'],
};

function rangeOf(name: string, versions: Readonly<Record<string, string>>): string {
  const version = versions[name];
  if (version === undefined) throw new RangeError(`No version of ${name} is known.`);
  return /^\d/.test(version) ? `^${version}` : version;
}

/** A name that npm takes, made of the folder's. */
export function packageNameOf(folderName: string): string {
  const name = folderName
    .toLowerCase()
    .replaceAll(/[^a-z\d._-]+/g, '-')
    .replace(/^[._-]+|-+$/g, '');
  return name === '' ? 'phone-agent' : name;
}
