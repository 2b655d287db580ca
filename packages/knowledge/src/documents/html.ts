import { Parser } from 'htmlparser2';
import type { DocumentSection } from '../knowledge-base.ts';
import { HeadingStack } from './heading-stack.ts';
import type { ParsedDocument } from './parsed-document.ts';
import { tableLines } from './table-lines.ts';

/** Elements whose content is no text to be read. */
const SKIPPED = new Set(
  'script style template noscript nav svg math iframe object canvas audio video button select textarea'.split(
    ' ',
  ),
);
/** Elements that begin and end a line. */
const LINES = new Set('li dt dd br tr caption figcaption summary option legend'.split(' '));
/** Elements that begin and end a paragraph. */
const BLOCKS = new Set(
  (
    'p div section article main header footer aside address blockquote pre ul ol dl table form fieldset ' +
    'figure details hr body'
  ).split(' '),
);
const HEADING = /^h([1-6])$/;

/**
 * Reads HTML: headings part it, table rows become lines with the names of their columns. Scripts,
 * navigation, controls and what is marked hidden are left out. Broken markup is read as browsers do.
 */
export function parseHtml(text: string): ParsedDocument {
  const reader = new HtmlReader();
  const parser = new Parser({
    onopentag: (name, attributes) => reader.open(name, attributes),
    onclosetag: (name) => reader.close(name),
    ontext: (data) => reader.text(data),
  });
  parser.end(text);
  return reader.finish();
}

class HtmlReader {
  readonly #stack = new HeadingStack();
  readonly #sections: DocumentSection[] = [];
  /** Depth of elements within one that is skipped; 0 outside. */
  #skippedDepth = 0;
  #title = '';
  #isInTitle = false;
  #heading: { readonly depth: number; text: string } | undefined;
  #paragraph = '';
  #table: { readonly rows: string[][]; headerRows: number; isHeader: boolean } | undefined;

  open(name: string, attributes: Readonly<Record<string, string>>): void {
    if (this.#skippedDepth > 0 || isSkipped(name, attributes)) {
      this.#skippedDepth++;
      return;
    }
    const heading = HEADING.exec(name);
    if (name === 'title') this.#isInTitle = true;
    else if (heading) {
      this.#endParagraph();
      this.#heading = { depth: Number(heading[1]), text: '' };
    } else if (name === 'table') {
      this.#endParagraph();
      this.#table = { rows: [], headerRows: 0, isHeader: true };
    } else if (this.#table && name === 'tr') {
      this.#table.rows.push([]);
      this.#table.isHeader = true;
    } else if (this.#table && (name === 'td' || name === 'th')) {
      if (name === 'td') this.#table.isHeader = false;
      this.#table.rows.at(-1)?.push('');
    } else this.#breakFor(name);
  }

  close(name: string): void {
    if (this.#skippedDepth > 0) {
      this.#skippedDepth--;
      return;
    }
    if (name === 'title') this.#isInTitle = false;
    else if (this.#heading && HEADING.test(name)) {
      this.#stack.enter(this.#heading.depth, oneLine(this.#heading.text));
      this.#heading = undefined;
    } else if (this.#table && name === 'table') this.#endTable(this.#table);
    else if (this.#table && name === 'tr') {
      // Only rows at the top name the columns.
      const { rows, isHeader, headerRows } = this.#table;
      if (isHeader && headerRows === rows.length - 1 && headerRows === 0)
        this.#table.headerRows = 1;
    } else this.#breakFor(name);
  }

  text(data: string): void {
    if (this.#skippedDepth > 0) return;
    const row = this.#table?.rows.at(-1);
    if (this.#isInTitle) this.#title += data;
    else if (this.#heading) this.#heading.text += data;
    else if (row && row.length > 0) row[row.length - 1] += data;
    else this.#paragraph += data.replaceAll(/\s+/g, ' ');
  }

  finish(): ParsedDocument {
    if (this.#table) this.#endTable(this.#table);
    this.#endParagraph();
    const { title, sections } = this.#stack.finish(this.#sections);
    const pageTitle = oneLine(this.#title);
    return { title: title ?? (pageTitle === '' ? undefined : pageTitle), sections, metadata: {} };
  }

  #breakFor(name: string): void {
    if (this.#heading || (this.#table && this.#table.rows.length > 0)) this.text(' ');
    else if (BLOCKS.has(name)) this.#endParagraph();
    else if (LINES.has(name)) this.#paragraph += '\n';
  }

  #endTable({
    rows,
    headerRows,
  }: {
    readonly rows: string[][];
    readonly headerRows: number;
  }): void {
    this.#table = undefined;
    const cells = rows.map((row) => row.map(oneLine));
    const header = headerRows === 1 ? (cells[0] ?? []) : [];
    this.#paragraph = tableLines(header, cells.slice(headerRows));
    this.#endParagraph();
  }

  #endParagraph(): void {
    const text = this.#paragraph
      .split('\n')
      .map(oneLine)
      .filter((line) => line !== '')
      .join('\n');
    this.#paragraph = '';
    if (text !== '') this.#sections.push({ headings: this.#stack.headings(), text });
  }
}

function isSkipped(name: string, attributes: Readonly<Record<string, string>>): boolean {
  return SKIPPED.has(name) || 'hidden' in attributes || attributes['aria-hidden'] === 'true';
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
