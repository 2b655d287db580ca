/** Intl's segmenter parts sentences behind these. */
const ABBREVIATION =
  /(?:^|[\s(])(?:Dr|Mr|Mrs|Ms|Prof|St|Ave|Rd|Blvd|No|Nos|Fig|vs|etc|e\.g|i\.e|approx|incl|min|max|tel|ext)\.\s*$/i;

let segmenter: Intl.Segmenter | undefined;

/** The sentences of a text, trimmed; a line break ends one. */
export function sentencesOf(text: string): string[] {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'sentence' });
  const sentences: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    let unfinished = '';
    for (const { segment } of segmenter.segment(line)) {
      unfinished += segment;
      if (ABBREVIATION.test(unfinished)) continue;
      add(sentences, unfinished);
      unfinished = '';
    }
    add(sentences, unfinished);
  }
  return sentences;
}

function add(sentences: string[], sentence: string): void {
  const trimmed = sentence.replaceAll(/\s+/g, ' ').trim();
  if (trimmed !== '') sentences.push(trimmed);
}
