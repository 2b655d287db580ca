import type { SkippedFile } from './documents/load-folder.ts';
import { listFolder, loadFolder } from './documents/load-folder.ts';
import type { LoadFolderOptions } from './documents/load-folder.ts';
import { KnowledgeError } from './errors.ts';
import type { AddReport, KnowledgeBase } from './knowledge-base.ts';

/** How far the import of a folder has come. */
export interface ImportProgress {
  /** Files done, whether read, unchanged or skipped. */
  readonly files: number;
  readonly totalFiles: number;
  /** The last file done, as its document's id. */
  readonly documentId: string;
}

/** How a folder is brought into a knowledge base. */
export interface ImportFolderOptions extends LoadFolderOptions {
  /** Removes documents whose file is gone; default true. A file that is skipped keeps its document. */
  readonly removeMissing?: boolean | undefined;
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
}

/** What an import did. */
export interface ImportReport extends AddReport {
  readonly files: number;
  readonly removed: number;
  readonly skipped: readonly SkippedFile[];
}

/**
 * Brings a knowledge base up to date with a folder: new and changed files are read in, unchanged
 * ones are left, and documents are removed whose files are gone.
 *
 * @throws KnowledgeError where the folder cannot be read, or the knowledge base fails; what was
 *   written by then stays, whole documents only, and the next import goes on from there.
 */
export async function importFolder(
  knowledge: KnowledgeBase,
  folder: string,
  options: ImportFolderOptions = {},
): Promise<ImportReport> {
  const { removeMissing = true, onProgress, signal } = options;
  const { prefix, files } = await listFolder(folder, options);
  if (files.length === 0) {
    // Most likely a wrong path or a disk that is not there: not a wish to forget everything.
    throw new KnowledgeError('knowledge_document_unreadable', `The folder ${folder} has no files.`);
  }
  const skipped: SkippedFile[] = [];
  let done = 0;
  const progress = (documentId: string): void => {
    done++;
    onProgress?.({ files: done, totalFiles: files.length, documentId });
  };
  const documents = loadFolder(folder, {
    ...options,
    onSkipped: (file) => {
      skipped.push(file);
      options.onSkipped?.(file);
      progress(file.id);
    },
  });
  const report = await knowledge.add(documents, {
    signal,
    onProgress: ({ documentId }) => progress(documentId),
  });
  let removed = 0;
  if (removeMissing) {
    const present = new Set(files.map(({ id }) => id));
    const stored = await knowledge.documentIds(prefix);
    const gone = stored.filter((id) => !present.has(id));
    if (gone.length > 0) removed = await knowledge.remove(gone);
  }
  return { ...report, files: files.length, removed, skipped };
}
