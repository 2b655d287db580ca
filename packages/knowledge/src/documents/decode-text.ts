import { KnowledgeError } from '../errors.ts';

const BYTES_LOOKED_AT = 8_192;
/** The tabulator; what is below controls machines. */
const FIRST_TEXT_BYTE = 9;
/** In the first bytes of a page, as the HTML standard has it: `<meta charset="…">` or in `content`. */
const HTML_CHARSET = /<meta[^>]+charset\s*=\s*["']?\s*([\w.:-]+)/i;
const XML_ENCODING = /^<\?xml[^>]+encoding\s*=\s*["']([\w.:-]+)["']/i;

/**
 * Text from a file's bytes: UTF-8, UTF-16 with its mark, or, in HTML, the encoding that the page
 * declares. Anything else is refused rather than guessed: what is guessed wrong would be read out.
 *
 * @throws KnowledgeError `knowledge_document_unreadable`, saying what is wrong and what to do.
 */
export function decodeText(bytes: Uint8Array, kind: 'text' | 'html' = 'text'): string {
  const encoding = encodingOf(bytes, kind);
  if (!encoding.startsWith('utf-16') && isBinary(bytes)) {
    throw unreadable(
      looksLikeUtf16(bytes)
        ? 'looks like UTF-16 without a byte order mark; save it as UTF-8'
        : 'is binary, not text',
    );
  }
  let decoder: InstanceType<typeof TextDecoder>;
  try {
    decoder = new TextDecoder(encoding, { fatal: true });
  } catch (cause) {
    throw unreadable(`declares the encoding "${encoding}", which is not known`, cause);
  }
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw unreadable(`is not ${encoding.toUpperCase()} text; save it as UTF-8`, cause);
  }
}

function encodingOf(bytes: Uint8Array, kind: 'text' | 'html'): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8';
  if (kind === 'text') return 'utf-8';
  const start = new TextDecoder('latin1').decode(bytes.subarray(0, BYTES_LOOKED_AT));
  return (HTML_CHARSET.exec(start) ?? XML_ENCODING.exec(start))?.[1]?.toLowerCase() ?? 'utf-8';
}

function isBinary(bytes: Uint8Array): boolean {
  return bytes.subarray(0, BYTES_LOOKED_AT).includes(0);
}

/** In Latin letters every second byte is 0, and the others are letters. */
function looksLikeUtf16(bytes: Uint8Array): boolean {
  const start = bytes.subarray(0, BYTES_LOOKED_AT);
  return [0, 1].some((parity) =>
    start.every((byte, index) => (index % 2 === parity ? byte === 0 : byte >= FIRST_TEXT_BYTE)),
  );
}

/** A file that cannot be a document; the message is a predicate, to follow the file's name. */
export function unreadable(problem: string, cause?: unknown): KnowledgeError {
  return new KnowledgeError('knowledge_document_unreadable', problem, { cause });
}
