import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { workspaceRoot } from '@phone-agents/repository/node-runtime';
import type { ProviderNames } from './provider-names.ts';
import { renamed } from './provider-names.ts';

const TEMPLATES = fileURLToPath(new URL('../templates', import.meta.url));
/** The package whose mechanical files a new provider copies. */
const NEIGHBOUR = join(workspaceRoot, 'packages', 'twilio');
const MECHANICAL_FILES = ['LICENSE', 'jest.config.mjs', 'tsconfig.json', 'tsconfig.build.json'];

/**
 * Writes the package of a new provider into a folder that does not exist yet.
 *
 * @returns The files, relative to the folder, in alphabetical order.
 * @throws Error where the folder exists.
 */
export function writeProvider(folder: string, names: ProviderNames): string[] {
  if (existsSync(folder)) throw new Error(`${folder} exists already: nothing was written.`);
  const templates = readdirSync(TEMPLATES, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(TEMPLATES.length + 1));
  mkdirSync(folder, { recursive: true });
  for (const file of MECHANICAL_FILES) copyFileSync(join(NEIGHBOUR, file), join(folder, file));
  for (const file of templates) {
    const target = join(folder, renamed(file, names));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, renamed(readFileSync(join(TEMPLATES, file), 'utf8'), names));
  }
  writeFileSync(join(folder, 'package.json'), manifest(names));
  return [
    ...MECHANICAL_FILES,
    ...templates.map((file) => renamed(file, names)),
    'package.json',
  ].sort();
}

/** The neighbour's package.json, with what a new package needs. */
function manifest({ lower, upper }: ProviderNames): string {
  const neighbour = JSON.parse(readFileSync(join(NEIGHBOUR, 'package.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  // Its SDK and its set-up program are its own.
  const { dependencies: _dependencies, bin: _bin, ...copied } = neighbour;
  const written = {
    ...copied,
    name: `@phone-agents/${lower}`,
    version: '0.1.0',
    description: `${upper} for Phone Agents: webhooks, signatures, media and REST`,
    repository: { ...(copied['repository'] as object), directory: `packages/${lower}` },
    keywords: [...(copied['keywords'] as string[]).filter((word) => word !== 'twilio'), lower],
  };
  return `${JSON.stringify(written, undefined, 2)}\n`;
}
