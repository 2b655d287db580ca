import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceRoot } from '@phone-agents/repository/node-runtime';
import type { MarkdownPage } from './markdown.ts';
import { readMarkdown } from './markdown.ts';

export { workspaceRoot };

/** A page of the documentation. */
export interface DocsPage extends MarkdownPage {
  /** Path from the root, with forward slashes: `docs/first-call.md`. */
  readonly path: string;
}

/** Every page that a reader of the repository is led to: the root's, `docs`, and each folder's README. */
export function readDocsPages(root = workspaceRoot): DocsPage[] {
  const readmes = ['packages', 'apps', 'tools'].flatMap((parent) =>
    readdirSync(join(root, parent)).map((name) => `${parent}/${name}/README.md`),
  );
  const docs = readdirSync(join(root, 'docs')).map((name) => `docs/${name}`);
  return ['README.md', 'CONTRIBUTING.md', ...docs, ...readmes]
    .filter((path) => path.endsWith('.md') && existsSync(join(root, path)))
    .sort()
    .map((path) => ({ path, ...readMarkdown(readFileSync(join(root, path), 'utf8')) }));
}
