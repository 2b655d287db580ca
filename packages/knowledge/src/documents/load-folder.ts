import { readdir } from 'node:fs/promises';
import { basename, extname, join, relative, resolve, sep } from 'node:path';
import { KnowledgeError } from '../errors.ts';
import type { KnowledgeDocument } from '../knowledge-base.ts';
import type { LoadFileOptions } from './load-file.ts';
import { loadFile } from './load-file.ts';

/** A file that did not become a document. */
export interface SkippedFile {
  /** Id that its document would have had. */
  readonly id: string;
  readonly path: string;
  /** Why, as a predicate: `is a broken PDF`. */
  readonly reason: string;
}

/** Which files of a folder are read, and how. */
export interface LoadFolderOptions extends Pick<LoadFileOptions, 'maxBytes'> {
  /** Stands before the file's path in a document's id; default the folder's name: `docs/hours.md`. */
  readonly name?: string | undefined;
  /** Files to pass over in silence, by their path within the folder: `drafts/new.md`. */
  readonly ignore?: ((path: string) => boolean) | undefined;
  /** Told of each file that cannot be read, and of each of an unknown kind. */
  readonly onSkipped?: ((file: SkippedFile) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A file of a folder of documents. */
export interface FolderFile {
  readonly id: string;
  readonly path: string;
}

/**
 * Reads a folder of Markdown, text, HTML and PDF files, with its subfolders, one file at a time, in
 * the order of their names. Files and folders that begin with a dot, and symbolic links, are passed
 * over in silence; any other file that gives no document is told to `onSkipped`.
 *
 * @throws KnowledgeError `knowledge_document_unreadable` where the folder itself cannot be read.
 */
export async function* loadFolder(
  folder: string,
  options: LoadFolderOptions = {},
): AsyncGenerator<KnowledgeDocument, void, undefined> {
  const { signal, onSkipped, maxBytes } = options;
  for (const { id, path } of (await listFolder(folder, options)).files) {
    signal?.throwIfAborted();
    try {
      const document = await loadFile(path, { id, maxBytes });
      yield { ...document, metadata: { ...fileMetadata(id), ...document.metadata } };
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      onSkipped?.({ id, path, reason: error.message });
    }
  }
}

/** A folder's files, in order, and what their ids begin with. */
export interface FolderListing {
  readonly prefix: string;
  readonly files: readonly FolderFile[];
}

/** The files of a folder that would be read. */
export async function listFolder(
  folder: string,
  { name, ignore }: Pick<LoadFolderOptions, 'name' | 'ignore'>,
): Promise<FolderListing> {
  const root = resolve(folder);
  const wanted = name ?? basename(root);
  const prefix = wanted === '' ? '' : `${wanted}/`;
  const files: FolderFile[] = [];
  const visit = async (current: string): Promise<void> => {
    const entries = await readdir(current, { withFileTypes: true });
    entries.sort((left, right) => (left.name < right.name ? -1 : 1));
    for (const entry of entries) {
      if (entry.name.startsWith('.')) continue;
      const path = join(current, entry.name);
      if (entry.isDirectory()) await visit(path);
      else if (entry.isFile()) {
        const place = relative(root, path).split(sep).join('/');
        if (ignore?.(place) !== true) files.push({ id: prefix + place, path });
      }
    }
  };
  try {
    await visit(root);
  } catch (cause) {
    throw new KnowledgeError(
      'knowledge_document_unreadable',
      `The folder ${folder} cannot be read: is it there, and may this user read it?`,
      { cause },
    );
  }
  return { prefix, files };
}

/** `folder` is the path between the imported folder and the file; empty for files at its top. */
function fileMetadata(id: string): { readonly type: string; readonly folder: string } {
  const parts = id.split('/');
  return { type: extname(id).slice(1).toLowerCase(), folder: parts.slice(1, -1).join('/') };
}

function isUnreadable(error: unknown): error is KnowledgeError {
  return (
    KnowledgeError.isInstance(error) &&
    error.code === ('knowledge_document_unreadable' satisfies KnowledgeError['code'])
  );
}
