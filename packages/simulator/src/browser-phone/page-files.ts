import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A file of the page, ready to be sent. */
export interface PageFile {
  readonly type: string;
  readonly body: Buffer;
  /** Its name changes with what is in it. */
  readonly isImmutable: boolean;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** `/` or a file that the build has named: no folder above, no dots but one. */
const PATH = /^\/(?:assets\/([\w-]+\.(?:js|css|svg)))?$/;

/** Where the built page is: beside the built sources, and there for the sources themselves as well. */
const PAGE_FOLDER = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/page/' : '../page/',
  import.meta.url,
);

/** Whether a path may be the page's. */
export function isPagePath(path: string): boolean {
  return PATH.test(path);
}

/** Reads a file of the built page; undefined where there is none. */
export async function readPageFile(path: string): Promise<PageFile | undefined> {
  const match = PATH.exec(path);
  if (!match) return undefined;
  const name = match[1] === undefined ? 'index.html' : `assets/${match[1]}`;
  try {
    const body = await readFile(fileURLToPath(new URL(name, PAGE_FOLDER)));
    return {
      type: TYPES[extname(name)] ?? 'application/octet-stream',
      body,
      isImmutable: match[1] !== undefined,
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
