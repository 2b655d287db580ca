/** A block of code in a page. */
export interface CodeBlock {
  readonly language: string;
  /** The words behind the language: `run`, `file=server.ts`. */
  readonly marks: readonly string[];
  readonly text: string;
  /** Line of the page on which the code begins, from 1. */
  readonly line: number;
  /** Texts of the `<!-- snippet: … -->` comments right before the block. */
  readonly given: string;
}

/** The name of the file that a block is, by its mark `file=`; blocks of one page may import each other. */
export function fileNameOf({ marks }: CodeBlock): string | undefined {
  return marks.find((mark) => mark.startsWith('file='))?.slice('file='.length);
}

/** What is read here of a Markdown page. */
export interface MarkdownPage {
  readonly blocks: readonly CodeBlock[];
  /** Where links lead, as written. */
  readonly links: readonly { readonly target: string; readonly line: number }[];
  /** The anchors of its headings, as GitHub makes them. */
  readonly anchors: ReadonlySet<string>;
}

const FENCE = /^(\s*)(`{3,})([\w-]*)\s*(.*)$/;
const GIVEN = /^<!--\s*snippet:([^]*?)-->$/;
const LINK = /\[(?:[^\]\\]|\\.)*\]\(([^)\s]+)\)|<(https?:\/\/[^>]+)>/g;

/** Reads a page of this repository's own Markdown: fenced code, inline links, ATX headings. */
export function readMarkdown(text: string): MarkdownPage {
  const blocks: CodeBlock[] = [];
  const links: { target: string; line: number }[] = [];
  const anchors = new Set<string>();
  const lines = text.split('\n');
  let given = '';
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!;
    const fence = FENCE.exec(line);
    if (fence) {
      const [, indent = '', ticks = '', language = '', info = ''] = fence;
      const start = i + 1;
      let end = start;
      while (end < lines.length && lines[end]!.trim() !== ticks) end++;
      const code = lines.slice(start, end).map((row) => row.slice(indent.length));
      blocks.push({
        language,
        marks: info.split(/\s+/).filter((word) => word !== ''),
        text: code.join('\n'),
        line: start + 1,
        given,
      });
      given = '';
      i = end;
    } else if (line.startsWith('<!--')) {
      let end = i;
      while (end < lines.length - 1 && !lines[end]!.includes('-->')) end++;
      const comment = GIVEN.exec(
        lines
          .slice(i, end + 1)
          .join('\n')
          .trim(),
      );
      if (comment) given += `${comment[1]!.trim()}\n`;
      i = end;
    } else if (line.trim() !== '') {
      given = '';
      const heading = /^#{1,6}\s+(.*)$/.exec(line);
      if (heading) anchors.add(anchorOf(heading[1]!, anchors));
      for (const [, inline, bare] of line.replace(/`[^`]*`/g, '').matchAll(LINK)) {
        links.push({ target: inline ?? bare ?? '', line: i + 1 });
      }
    }
  }
  return { blocks, links, anchors };
}

function anchorOf(heading: string, taken: ReadonlySet<string>): string {
  const base = heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
  let anchor = base;
  for (let n = 1; taken.has(anchor); n++) anchor = `${base}-${n}`;
  return anchor;
}
