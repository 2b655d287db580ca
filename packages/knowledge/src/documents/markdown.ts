import type { Token, Tokens } from 'marked';
import { decodeHTML } from 'entities';
import { lexer } from 'marked';
import type { DocumentSection, MetadataValue } from '../knowledge-base.ts';
import { HeadingStack } from './heading-stack.ts';
import { parseHtml } from './html.ts';
import type { ParsedDocument } from './parsed-document.ts';
import { tableLines } from './table-lines.ts';

const FRONT_MATTER = /^---[ \t]*\n([^]*?\n)?---[ \t]*(?:\n|$)/;
const FRONT_MATTER_LINE = /^([A-Za-z_][\w-]*):[ \t]+(.+?)[ \t]*$/;

/**
 * Reads Markdown (GitHub's): headings part it; lists, tables and quotes become lines; code is kept as
 * it is; link targets and pictures are left out. Lines `name: value` of front matter become metadata,
 * `title` the title.
 */
export function parseMarkdown(text: string): ParsedDocument {
  const normal = text.replaceAll(/\r\n?/g, '\n');
  const frontMatter = FRONT_MATTER.exec(normal);
  const metadata = readFrontMatter(frontMatter?.[1] ?? '');
  const body = normal.slice(frontMatter?.[0].length ?? 0);
  const sections: DocumentSection[] = [];
  const stack = new HeadingStack();
  let line = 1 + countLines(frontMatter?.[0] ?? '');
  for (const token of lexer(body)) {
    if (token.type === 'heading') {
      const { depth, tokens } = token as Tokens.Heading;
      stack.enter(depth, inlineText(tokens));
    } else {
      const content = blockText(token).trim();
      if (content !== '') sections.push({ headings: stack.headings(), text: content, line });
    }
    line += countLines(token.raw);
  }
  const { title, ...others } = metadata;
  return {
    ...stack.finish(sections),
    ...(title !== undefined && { title: String(title) }),
    metadata: others,
  };
}

function readFrontMatter(text: string): Record<string, MetadataValue> {
  const metadata: Record<string, MetadataValue> = {};
  for (const line of text.split('\n')) {
    const [, name, written] = FRONT_MATTER_LINE.exec(line) ?? [];
    if (name === undefined || written === undefined) continue;
    const value = written.replace(/^(["'])(.*)\1$/, '$2');
    metadata[name] = value === 'true' || value === 'false' ? value === 'true' : value;
  }
  return metadata;
}

function countLines(text: string): number {
  return text.split('\n').length - 1;
}

function blockText(token: Token): string {
  switch (token.type) {
    case 'space':
    case 'hr':
    case 'def':
      return '';
    case 'code':
      return (token as Tokens.Code).text;
    case 'html':
      return parseHtml((token as Tokens.HTML).text)
        .sections.map(({ text }) => text)
        .join('\n');
    case 'list':
      return (token as Tokens.List).items.map((item) => blocksText(item.tokens)).join('\n');
    case 'blockquote':
      return blocksText((token as Tokens.Blockquote).tokens);
    case 'table':
      return tableText(token as Tokens.Table);
    default:
      return inlineText('tokens' in token && token.tokens ? token.tokens : [token]);
  }
}

function blocksText(tokens: readonly Token[]): string {
  return tokens
    .map(blockText)
    .filter((text) => text !== '')
    .join('\n');
}

function tableText({ header, rows }: Tokens.Table): string {
  const cellText = ({ tokens }: Tokens.TableCell): string => inlineText(tokens);
  return tableLines(
    header.map(cellText),
    rows.map((row) => row.map(cellText)),
  );
}

/** Inline text on one line: a line break in the source is a space. */
function inlineText(tokens: readonly Token[]): string {
  return tokens.map(inlinePiece).join('').replaceAll(/\s+/g, ' ').trim();
}

function inlinePiece(token: Token): string {
  switch (token.type) {
    case 'image':
      return '';
    case 'br':
      return ' ';
    case 'html':
      return '';
    default:
      if ('tokens' in token && token.tokens && token.tokens.length > 0) {
        return token.tokens.map(inlinePiece).join('');
      }
      // Marked leaves entities as they are written.
      return decodeHTML('text' in token ? String(token.text) : token.raw);
  }
}
