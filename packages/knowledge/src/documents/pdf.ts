import { KnowledgeError } from '../errors.ts';
import type { DocumentSection } from '../knowledge-base.ts';
import { unreadable } from './decode-text.ts';
import { HeadingStack } from './heading-stack.ts';
import type { ParsedDocument } from './parsed-document.ts';

/** A line in letters so much larger than the body's is a heading. */
const HEADING_RATIO = 1.15;
const LONGEST_HEADING = 120;
/** A line so many line heights below the last begins a paragraph. */
const PARAGRAPH_GAP = 1.6;

/** A line of a page. */
interface Line {
  text: string;
  readonly size: number;
  readonly y: number;
  readonly page: number;
}

/** What is used of PDF.js's text items. */
interface TextItem {
  readonly str: string;
  readonly height: number;
  readonly transform: readonly number[];
  readonly hasEOL: boolean;
}

/**
 * Reads the text of a PDF with PDF.js (as the package unpdf brings it): lines in larger letters are
 * headings, every section knows its page.
 *
 * @throws KnowledgeError `knowledge_document_unreadable` where it is broken, locked, or only pictures.
 */
export async function parsePdf(bytes: Uint8Array): Promise<ParsedDocument> {
  const { getDocumentProxy } = await import('unpdf');
  let document: Awaited<ReturnType<typeof getDocumentProxy>>;
  try {
    // PDF.js takes the buffer over, so it gets one of its own; 0: errors only, which are thrown.
    document = await getDocumentProxy(new Uint8Array(bytes), { verbosity: 0 });
  } catch (cause) {
    const isLocked = nameOf(cause) === 'PasswordException';
    throw unreadable(
      isLocked ? 'is a PDF locked by a password; save it without one' : 'is a broken PDF',
      cause,
    );
  }
  try {
    const lines: Line[] = [];
    for (let page = 1; page <= document.numPages; page++) {
      const { items } = await (await document.getPage(page)).getTextContent();
      lines.push(...linesOf(items, page));
    }
    if (lines.length === 0) {
      throw unreadable('is a PDF without text; a scan needs text recognition (OCR) first');
    }
    const { info } = await document.getMetadata().catch(() => ({ info: {} }));
    return arrange(lines, 'Title' in info ? String(info.Title) : '');
  } catch (error) {
    if (KnowledgeError.isInstance(error)) throw error;
    throw unreadable('is a broken PDF', error);
  } finally {
    await document.loadingTask.destroy();
  }
}

function linesOf(items: readonly unknown[], page: number): Line[] {
  const lines: Line[] = [];
  let isOpen = false;
  for (const item of items) {
    if (!isTextItem(item)) continue;
    const last = lines.at(-1);
    if (isOpen && last) last.text += item.str;
    else if (item.str.trim() !== '') {
      lines.push({ text: item.str, size: item.height, y: item.transform[5] ?? 0, page });
      isOpen = true;
    }
    if (item.hasEOL) isOpen = false;
  }
  return lines
    .map((line) => ({ ...line, text: line.text.replaceAll(/\s+/g, ' ').trim() }))
    .filter(({ text }) => text !== '');
}

function isTextItem(item: unknown): item is TextItem {
  return typeof item === 'object' && item !== null && 'str' in item;
}

function arrange(lines: readonly Line[], documentTitle: string): ParsedDocument {
  const bodySize = commonestSize(lines);
  const headingSizes = [
    ...new Set(lines.filter((line) => isHeading(line, bodySize)).map(({ size }) => round(size))),
  ].sort((left, right) => right - left);
  const stack = new HeadingStack();
  const sections: DocumentSection[] = [];
  let paragraph: Line[] = [];
  const finish = (): void => {
    if (paragraph.length === 0) return;
    const { page } = paragraph[0]!;
    sections.push({ headings: stack.headings(), text: unwrap(paragraph), page });
    paragraph = [];
  };
  for (const line of lines) {
    if (isHeading(line, bodySize)) {
      finish();
      stack.enter(headingSizes.indexOf(round(line.size)) + 1, line.text);
      continue;
    }
    const last = paragraph.at(-1);
    if (last && (last.page !== line.page || last.y - line.y > PARAGRAPH_GAP * bodySize)) finish();
    paragraph.push(line);
  }
  finish();
  const arranged = stack.finish(sections);
  const title = arranged.title ?? documentTitle.trim();
  return {
    // Letters of a heading alone are text all the same.
    sections: arranged.sections.length > 0 ? arranged.sections : [headingsAsText(lines)],
    title: title === '' ? undefined : title,
    metadata: {},
  };
}

function headingsAsText(lines: readonly Line[]): DocumentSection {
  return { headings: [], text: lines.map(({ text }) => text).join('\n'), page: lines[0]!.page };
}

/** The size in which most letters are written. */
function commonestSize(lines: readonly Line[]): number {
  const letters = new Map<number, number>();
  for (const { size, text } of lines) {
    letters.set(round(size), (letters.get(round(size)) ?? 0) + text.length);
  }
  return [...letters].sort((left, right) => right[1] - left[1])[0]![0];
}

function isHeading({ size, text }: Line, bodySize: number): boolean {
  return size >= bodySize * HEADING_RATIO && text.length <= LONGEST_HEADING;
}

function round(size: number): number {
  return Math.round(size * 2) / 2;
}

/** Joins the lines of a paragraph; a word parted at the end of a line becomes whole again. */
function unwrap(lines: readonly Line[]): string {
  let text = '';
  for (const line of lines) {
    if (text === '') text = line.text;
    else if (/\p{Ll}-$/u.test(text) && /^\p{Ll}/u.test(line.text)) {
      text = text.slice(0, -1) + line.text;
    } else if (/^[•●▪*-]\s/.test(line.text)) text += `\n${line.text}`;
    else text += ` ${line.text}`;
  }
  return text;
}

function nameOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'name' in error ? error.name : undefined;
}
