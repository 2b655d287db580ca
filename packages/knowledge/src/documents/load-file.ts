import { readFile, stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { paragraphsOf } from '../chunking/chunk-document.ts';
import { errorCode } from '../errors.ts';
import type { KnowledgeDocument } from '../knowledge-base.ts';
import { decodeText, unreadable } from './decode-text.ts';
import { parseHtml } from './html.ts';
import { parseMarkdown } from './markdown.ts';
import type { ParsedDocument } from './parsed-document.ts';
import { parsePdf } from './pdf.ts';

const DEFAULT_MAX_BYTES = 32 * 1024 * 1024;

type Parse = (bytes: Uint8Array) => ParsedDocument | Promise<ParsedDocument>;

const markdown: Parse = (bytes) => parseMarkdown(decodeText(bytes));
const html: Parse = (bytes) => parseHtml(decodeText(bytes, 'html'));
const plain: Parse = (bytes) => ({
  title: undefined,
  sections: paragraphsOf(decodeText(bytes)),
  metadata: {},
});

const PARSERS: ReadonlyMap<string, Parse> = new Map([
  ['.md', markdown],
  ['.markdown', markdown],
  ['.html', html],
  ['.htm', html],
  ['.xhtml', html],
  ['.txt', plain],
  ['.text', plain],
  ['.pdf', parsePdf],
]);

/** Endings of the files that can be read. */
export const DOCUMENT_EXTENSIONS: readonly string[] = [...PARSERS.keys()];

/** How a file is read as a document. */
export interface LoadFileOptions {
  /** Id of the document; default: the file's name. */
  readonly id?: string | undefined;
  /** Larger files are refused; default 32 MiB. */
  readonly maxBytes?: number | undefined;
}

/**
 * Reads one Markdown, text, HTML or PDF file; its ending tells which. The title is the content's own,
 * else made of the file's name; front matter of Markdown becomes metadata.
 *
 * @throws KnowledgeError `knowledge_document_unreadable`, whose message says why and what to do.
 */
export async function loadFile(
  path: string,
  options: LoadFileOptions = {},
): Promise<KnowledgeDocument> {
  const { id = basename(path), maxBytes = DEFAULT_MAX_BYTES } = options;
  const parse = PARSERS.get(extname(path).toLowerCase());
  if (!parse) throw unreadable(`is none of ${DOCUMENT_EXTENSIONS.join(', ')}`);
  const { title, sections, metadata } = await parse(await readBytes(path, maxBytes));
  if (sections.length === 0) throw unreadable('has no text');
  return { id, title: title ?? titleOf(path), content: sections, metadata };
}

async function readBytes(path: string, maxBytes: number): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size > maxBytes) {
      throw unreadable(`has ${size} bytes, and ${maxBytes} is the most that is read`);
    }
    return await readFile(path);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'knowledge_document_unreadable') throw error;
    if (code === 'ENOENT') throw unreadable('is not there', error);
    if (code === 'EACCES') throw unreadable('may not be read by this user', error);
    throw unreadable('cannot be read', error);
  }
}

/** `opening-hours.md` is about `Opening hours`. */
function titleOf(path: string): string {
  const words = basename(path, extname(path))
    .replaceAll(/[-_\s]+/g, ' ')
    .trim();
  return words === '' ? basename(path) : words[0]!.toUpperCase() + words.slice(1);
}
