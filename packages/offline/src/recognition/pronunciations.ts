/** Words with their pronunciations in ARPAbet, several where a word has several. */
export type Pronunciations = Map<string, string[]>;

/**
 * Reads a dictionary in the format of CMUdict for PocketSphinx: a word and its phones on each line,
 * further pronunciations as `word(2)`.
 */
export function parsePronunciations(text: string): Pronunciations {
  const found: Pronunciations = new Map();
  for (const line of text.split('\n')) {
    const space = line.indexOf(' ');
    if (space < 1) continue;
    const name = line.slice(0, space);
    const bracket = name.endsWith(')') ? name.indexOf('(', 1) : -1;
    const word = bracket < 0 ? name : name.slice(0, bracket);
    const phones = line.slice(space + 1).trim();
    const known = found.get(word);
    if (known === undefined) found.set(word, [phones]);
    else known.push(phones);
  }
  return found;
}

/** Writes a dictionary in the same format, in alphabetical order. */
export function formatPronunciations(pronunciations: Pronunciations): string {
  const lines: string[] = [];
  for (const word of [...pronunciations.keys()].sort()) {
    (pronunciations.get(word) as string[]).forEach((phones, index) => {
      lines.push(`${index === 0 ? word : `${word}(${index + 1})`} ${phones}`);
    });
  }
  return `${lines.join('\n')}\n`;
}

/** ARPAbet of the recogniser's acoustic model, which has no schwa of its own. */
const PHONES = new Map([
  ['ax', 'AH'],
  ['axr', 'ER'],
]);

/** Turns the segments that flite prints into the phones of the recogniser. */
export function phonesFromFlite(segments: string): string {
  return segments
    .trim()
    .split(/\s+/)
    .filter((segment) => segment !== 'pau' && segment !== '')
    .map((segment) => PHONES.get(segment) ?? segment.toUpperCase())
    .join(' ');
}
