import type { DocumentSection, KnowledgeDocument, PassagePosition } from '../knowledge-base.ts';
import { sentencesOf } from '../text/sentences.ts';

/** How large passages are; all have defaults. */
export interface ChunkingOptions {
  /** Longest passage, in characters; default 600, which takes some 40 s to say. */
  readonly maxCharacters?: number | undefined;
  /**
   * Where a section is parted, the next passage repeats whole sentences of up to so many characters;
   * default 120.
   */
  readonly overlapCharacters?: number | undefined;
}

/** {@link ChunkingOptions}, complete. */
export interface ChunkingSettings {
  readonly maxCharacters: number;
  readonly overlapCharacters: number;
}

/** A piece of a document, before it is stored. */
export interface Chunk {
  readonly headings: readonly string[];
  readonly text: string;
  readonly position: PassagePosition;
}

/** @throws RangeError where a size is no size. */
export function resolveChunking(options: ChunkingOptions = {}): ChunkingSettings {
  const { maxCharacters = 600, overlapCharacters = 120 } = options;
  if (!(maxCharacters >= 50)) throw new RangeError('maxCharacters must be at least 50.');
  if (!(overlapCharacters >= 0 && overlapCharacters <= maxCharacters / 2)) {
    throw new RangeError('overlapCharacters must be between 0 and half of maxCharacters.');
  }
  return { maxCharacters, overlapCharacters };
}

interface Sentence {
  readonly text: string;
  /** What stands between it and the sentence before. */
  readonly separator: '\n' | ' ';
  readonly section: DocumentSection;
}

/**
 * Parts a document into passages: never across headings, between sentences where it can be, with an
 * overlap of whole sentences where a section is longer than a passage.
 */
export function chunkDocument(
  { content }: Pick<KnowledgeDocument, 'content'>,
  settings: ChunkingSettings,
): Chunk[] {
  const sections = typeof content === 'string' ? paragraphsOf(content) : content;
  const chunks: Chunk[] = [];
  for (const group of sameHeadings(sections)) {
    const sentences = group
      .flatMap(sentencesOfSection)
      .flatMap((sentence) => partLongSentence(sentence, settings.maxCharacters));
    for (const part of fill(sentences, settings)) {
      const { headings, line, page } = part[0]!.section;
      const position = {
        index: chunks.length,
        ...(line !== undefined && { line }),
        ...(page !== undefined && { page }),
      };
      chunks.push({ headings, text: join(part), position });
    }
  }
  return chunks;
}

/** Paragraphs of plain text, each with the line on which it begins. */
export function paragraphsOf(text: string): DocumentSection[] {
  const sections: DocumentSection[] = [];
  let lines: string[] = [];
  let firstLine = 1;
  const finish = (): void => {
    if (lines.length > 0) sections.push({ headings: [], text: lines.join('\n'), line: firstLine });
    lines = [];
  };
  for (const [index, line] of text.split(/\r\n|\r|\n/).entries()) {
    if (line.trim() === '') {
      finish();
      continue;
    }
    if (lines.length === 0) firstLine = index + 1;
    lines.push(line);
  }
  finish();
  return sections;
}

/** Neighbours under the same headings, together. */
function sameHeadings(sections: readonly DocumentSection[]): DocumentSection[][] {
  const groups: DocumentSection[][] = [];
  let last: string | undefined;
  for (const section of sections) {
    const key = JSON.stringify(section.headings);
    if (key === last) groups.at(-1)!.push(section);
    else groups.push([section]);
    last = key;
  }
  return groups;
}

function sentencesOfSection(section: DocumentSection): Sentence[] {
  return section.text.split(/\r?\n/).flatMap((line) =>
    sentencesOf(line).map((text, index) => ({
      text,
      separator: index === 0 ? '\n' : ' ',
      section,
    })),
  );
}

/** A sentence that fills no passage, in pieces that end with a word where there is one to end with. */
function partLongSentence(sentence: Sentence, maxCharacters: number): Sentence[] {
  const parts: Sentence[] = [];
  let rest = sentence.text;
  let { separator } = sentence;
  while (rest.length > maxCharacters) {
    const space = rest.lastIndexOf(' ', maxCharacters);
    const end = space > maxCharacters / 2 ? space : endOfCharacter(rest, maxCharacters);
    parts.push({ ...sentence, text: rest.slice(0, end), separator });
    rest = rest.slice(end).trimStart();
    separator = ' ';
  }
  parts.push({ ...sentence, text: rest, separator });
  return parts;
}

/** The end nearest before `end` that parts no surrogate pair. */
function endOfCharacter(text: string, end: number): number {
  const code = text.charCodeAt(end - 1);
  return code >= 0xd800 && code <= 0xdbff ? end - 1 : end;
}

function fill(sentences: readonly Sentence[], settings: ChunkingSettings): Sentence[][] {
  const parts: Sentence[][] = [];
  let part: Sentence[] = [];
  let length = 0;
  for (const sentence of sentences) {
    if (part.length > 0 && length + 1 + sentence.text.length > settings.maxCharacters) {
      parts.push(part);
      const room = settings.maxCharacters - sentence.text.length - 1;
      part = overlapOf(part, Math.min(settings.overlapCharacters, room));
      length = lengthOf(part);
    }
    part.push(sentence);
    length += 1 + sentence.text.length;
  }
  if (part.length > 0) parts.push(part);
  return parts;
}

/** The last sentences of a passage that fit into the overlap, never all of it. */
function overlapOf(part: readonly Sentence[], characters: number): Sentence[] {
  let from = part.length;
  let length = 0;
  while (from > 1 && length + part[from - 1]!.text.length + 1 <= characters) {
    from--;
    length += part[from]!.text.length + 1;
  }
  return part.slice(from);
}

function lengthOf(part: readonly Sentence[]): number {
  return part.reduce((sum, { text }) => sum + text.length + 1, 0);
}

function join(part: readonly Sentence[]): string {
  return part.map(({ text, separator }, index) => (index === 0 ? text : separator + text)).join('');
}
