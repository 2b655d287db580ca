import { randomBytes } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { KnowledgeError, errorCode } from '../errors.ts';
import type { StoredDocument, StoredPassage } from '../passage-store.ts';

const FORMAT = 'phone-agents-knowledge';
const VERSION = 1;
/** Written in pieces of about so many characters. */
const PIECE_LENGTH = 256 * 1024;

/** The first line; documents follow, one a line, and a last line that says how many there were. */
interface Header {
  readonly format: typeof FORMAT;
  readonly version: number;
}

interface Footer {
  readonly documents: number;
}

type WrittenPassage = Omit<StoredPassage, 'embedding' | 'terms'> & {
  readonly terms: string;
  /** 32-bit floats, little-endian, in base64. */
  readonly embedding?: string | undefined;
};
type WrittenDocument = Omit<StoredDocument, 'passages'> & {
  readonly passages: readonly WrittenPassage[];
};

/**
 * Writes all documents to a file. The file is either the old one or the new one, whatever happens:
 * it is written beside it, brought to the disk, and renamed.
 *
 * @throws KnowledgeError `knowledge_unavailable`.
 */
export async function writeIndexFile(
  path: string,
  documents: Iterable<StoredDocument>,
): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(temporary, 'wx');
    try {
      await writeAll(file, documents);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {});
    throw new KnowledgeError(
      'knowledge_unavailable',
      `The index ${path} cannot be written: is there room, and may this user write there? What was there before is unchanged.`,
      { cause },
    );
  }
}

async function writeAll(file: FileHandle, documents: Iterable<StoredDocument>): Promise<void> {
  let piece = `${JSON.stringify({ format: FORMAT, version: VERSION } satisfies Header)}\n`;
  let count = 0;
  for (const document of documents) {
    piece += `${JSON.stringify(toWritten(document))}\n`;
    count++;
    if (piece.length >= PIECE_LENGTH) {
      await file.writeFile(piece);
      piece = '';
    }
  }
  await file.writeFile(`${piece}${JSON.stringify({ documents: count } satisfies Footer)}\n`);
}

/**
 * Reads a file's documents, one at a time; none where there is no file.
 *
 * @throws KnowledgeError `knowledge_index_invalid` where the file is damaged or something else.
 */
export async function* readIndexFile(
  path: string,
): AsyncGenerator<StoredDocument, void, undefined> {
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    yield* readLines(file);
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return;
    throw new KnowledgeError(
      'knowledge_index_invalid',
      `The index ${path} cannot be read, is damaged, or was written by something else: delete it and import again.`,
      { cause },
    );
  } finally {
    await file?.close();
  }
}

async function* readLines(file: FileHandle): AsyncGenerator<StoredDocument, void, undefined> {
  let header: Header | undefined;
  let footer: Footer | undefined;
  let count = 0;
  for await (const line of file.readLines({ autoClose: false })) {
    if (footer) throw new SyntaxError('There is something behind the end');
    const value: unknown = JSON.parse(line);
    if (!header) {
      header = value as Header;
      if (header.format !== FORMAT) throw new SyntaxError('It is no index');
      if (header.version !== VERSION) throw new SyntaxError(`It has version ${header.version}`);
    } else if (isFooter(value)) footer = value;
    else {
      count++;
      yield fromWritten(value as WrittenDocument);
    }
  }
  if (footer?.documents !== count) throw new SyntaxError('Its end is missing');
}

function isFooter(value: unknown): value is Footer {
  return typeof value === 'object' && value !== null && 'documents' in value;
}

function toWritten(document: StoredDocument): WrittenDocument {
  return {
    ...document,
    passages: document.passages.map(({ embedding, terms, ...passage }) => ({
      ...passage,
      terms: terms.join(' '),
      ...(embedding && { embedding: encodeVector(embedding) }),
    })),
  };
}

function fromWritten(document: WrittenDocument): StoredDocument {
  return {
    ...document,
    passages: document.passages.map(({ embedding, terms, ...passage }) => ({
      ...passage,
      terms: terms === '' ? [] : terms.split(' '),
      ...(embedding !== undefined && { embedding: decodeVector(embedding) }),
    })),
  };
}

function encodeVector(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4);
  return bytes.toString('base64');
}

function decodeVector(text: string): Float32Array {
  const bytes = Buffer.from(text, 'base64');
  return Float32Array.from({ length: bytes.length / 4 }, (_, index) =>
    bytes.readFloatLE(index * 4),
  );
}
