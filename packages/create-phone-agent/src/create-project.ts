import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { ProjectChoices } from './choices.ts';
import { environmentExample, gitignore, readme } from './project-texts.ts';
import { projectManifest, projectTsconfig, readOwnManifest } from './project-manifest.ts';

/** Files that tools leave in a folder which is empty for all that people know. */
const HARMLESS = new Set(['.git', '.DS_Store', '.idea', '.vscode']);
const TEMPLATES = new URL('../templates/', import.meta.url);

/** The folder has something in it, which would be overwritten. */
export class FolderNotEmptyError extends Error {
  constructor(folder: string) {
    super(`${folder} is not empty: choose another folder, or empty this one.`);
    this.name = 'FolderNotEmptyError';
  }
}

/**
 * Writes a project into a folder, which is made where it is not there. Installs nothing.
 *
 * @returns The names of the files, in alphabetical order.
 * @throws FolderNotEmptyError where the folder has files of its own.
 */
export async function createProject(folder: string, choices: ProjectChoices): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const there = (await readdir(folder)).filter((name) => !HARMLESS.has(name));
  if (there.length > 0) throw new FolderNotEmptyError(folder);
  const files = await projectFiles(basename(resolve(folder)), choices);
  for (const [name, text] of files) await writeFile(join(folder, name), text);
  return [...files.keys()].sort();
}

/** The files of a project by name. */
async function projectFiles(
  name: string,
  choices: ProjectChoices,
): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  const isOffline = choices.agent === 'offline';
  files.set('agent.ts', await template(`agent-${choices.agent}.ts`));
  if (!isOffline) files.set('offline-agent.ts', await template('agent-offline.ts'));
  for (const [file, source] of [
    ['agent.test.ts', 'agent-test.ts'],
    ['server.ts', 'server.ts'],
    ['simulation.ts', 'simulation.ts'],
  ] as const) {
    files.set(file, withChoices(await template(source), choices));
  }
  files.set('package.json', json(projectManifest(name, choices, await readOwnManifest())));
  files.set('tsconfig.json', json(projectTsconfig));
  files.set('.env.example', environmentExample(choices));
  files.set('.gitignore', gitignore);
  files.set('README.md', readme(name, choices));
  return files;
}

function template(name: string): Promise<string> {
  return readFile(new URL(name, TEMPLATES), 'utf8');
}

/** The templates are written for Twilio and the local edge, so that they are programs themselves. */
function withChoices(text: string, { provider, edge }: ProjectChoices): string {
  let changed = text;
  if (provider === 'telnyx') {
    changed = changed
      .replaceAll('TWILIO_AUTH_TOKEN', 'TELNYX_API_KEY')
      .replaceAll('Twilio', 'Telnyx')
      .replaceAll('twilio', 'telnyx');
  }
  if (edge === 'stream') {
    changed = changed
      .replace(
        /^(import \{ servePhone \}.*)$/m,
        "$1\nimport { createStreamVideoEdge } from '@phone-agents/stream-video';",
      )
      .replace(
        'edge: createLocalEdge(),',
        'edge: process.env.STREAM_API_KEY ? createStreamVideoEdge() : createLocalEdge(),',
      );
  }
  return changed;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
