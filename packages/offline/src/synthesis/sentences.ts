const LONGEST_SENTENCE_CHARACTERS = 220;
const ABBREVIATION =
  /(?:^|[\s(])(?:mr|mrs|ms|dr|prof|st|no|vs|e\.g|i\.e|approx|dept|a\.m|p\.m)\.\s*$/i;

/**
 * Splits a text into sentences, so that the first can be heard while the others are made. Very long
 * ones are split at a comma, semicolon or colon, or at a space.
 */
export function splitSentences(text: string): string[] {
  const segments = new Intl.Segmenter('en', { granularity: 'sentence' }).segment(text);
  const sentences: string[] = [];
  let open = '';
  for (const { segment } of segments) {
    open += segment;
    // "Dr. Smith" is one sentence, though its first word ends with a full stop.
    if (ABBREVIATION.test(open) && /\.\s*$/.test(segment)) continue;
    sentences.push(open);
    open = '';
  }
  sentences.push(open);
  return sentences
    .map((sentence) => sentence.replace(/\s+/g, ' ').trim())
    .filter((sentence) => /[\p{L}\p{N}]/u.test(sentence))
    .flatMap(splitLong);
}

function splitLong(sentence: string): string[] {
  const parts: string[] = [];
  let rest = sentence;
  while (rest.length > LONGEST_SENTENCE_CHARACTERS) {
    const head = rest.slice(0, LONGEST_SENTENCE_CHARACTERS);
    const clause = Math.max(head.lastIndexOf(', '), head.lastIndexOf('; '), head.lastIndexOf(': '));
    const cut = clause > 0 ? clause + 1 : head.lastIndexOf(' ');
    const end = cut > 0 ? cut : LONGEST_SENTENCE_CHARACTERS;
    parts.push(rest.slice(0, end).trim());
    rest = rest.slice(end).trim();
  }
  if (rest !== '') parts.push(rest);
  return parts;
}
