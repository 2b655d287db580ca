import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { TwilioProblem } from './twilio-problem.ts';

/** One element of a TwiML document. */
export interface TwimlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** All text in it and in its children, as it is read aloud. */
  readonly text: string;
  readonly children: readonly TwimlElement[];
}

interface XmlNode {
  readonly [name: string]: unknown;
}

const TEXT = '#text';
const CDATA = '#cdata';
const ATTRIBUTES = ':@';

// Entities are left to us: each is read once, and a document can define none of its own.
const PARSER_OPTIONS = {
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  processEntities: false,
  trimValues: false,
  cdataPropName: CDATA,
} as const;

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

/**
 * Reads a TwiML document and returns its verbs in order.
 *
 * @throws TwilioProblem 12100 where it is no well-formed XML with one `<Response>` around everything.
 */
export function parseTwiml(text: string): readonly TwimlElement[] {
  if (/<!DOCTYPE/i.test(text)) throw new TwilioProblem(12100, 'A document type is not allowed.');
  const checked = XMLValidator.validate(text);
  if (checked !== true) {
    const { msg, line, col } = checked.err;
    throw new TwilioProblem(12100, `Line ${line}, column ${col ?? 1}: ${msg}`);
  }
  const nodes = new XMLParser(PARSER_OPTIONS).parse(text) as readonly XmlNode[];
  const roots = nodes.filter((node) => !('?xml' in node)).flatMap(toElement);
  const [root] = roots;
  if (roots.length !== 1 || root?.name !== 'Response') {
    throw new TwilioProblem(12100, 'A TwiML document has one root element: <Response>.');
  }
  return root.children;
}

function toElement(node: XmlNode): TwimlElement[] {
  const name = Object.keys(node).find((key) => key !== ATTRIBUTES);
  if (name === undefined || name === TEXT || name === CDATA || name.startsWith('?')) return [];
  const content = node[name] as readonly XmlNode[];
  const attributes: Record<string, string> = {};
  for (const [key, value] of Object.entries((node[ATTRIBUTES] ?? {}) as Record<string, string>)) {
    attributes[key] = decodeEntities(value);
  }
  return [
    {
      name,
      attributes,
      text: textOf(content).replace(/\s+/g, ' ').trim(),
      children: content.flatMap(toElement),
    },
  ];
}

function textOf(content: readonly XmlNode[]): string {
  let text = '';
  for (const node of content) {
    for (const [key, value] of Object.entries(node)) {
      if (key === TEXT) text += decodeEntities(value as string);
      else if (key === CDATA)
        text += (value as readonly XmlNode[]).map((part) => String(part[TEXT])).join('');
      else if (key !== ATTRIBUTES) text += ` ${textOf(value as readonly XmlNode[])} `;
    }
  }
  return text;
}

function decodeEntities(text: string): string {
  return text.replace(/&(#x[\da-f]+|#\d+|\w+);/gi, (_, entity: string) => {
    if (entity.startsWith('#')) {
      const hexadecimal = /^#x/i.test(entity);
      const code = Number.parseInt(entity.slice(hexadecimal ? 2 : 1), hexadecimal ? 16 : 10);
      if (code <= 0x10ffff) return String.fromCodePoint(code);
    }
    const character = ENTITIES[entity];
    if (character === undefined) throw new TwilioProblem(12100, `Unknown entity &${entity};`);
    return character;
  });
}
