import type { KnowledgePassage } from '../knowledge-base.ts';
import { sentencesOf } from '../text/sentences.ts';

/** What English text has, about, in the tokens of present models. */
const CHARACTERS_PER_TOKEN = 4;

/** Passages from the first on, as many as fit; the last may lose sentences at its end. */
export function fitToTokens(
  passages: readonly KnowledgePassage[],
  maxTokens: number,
): KnowledgePassage[] {
  const fitting: KnowledgePassage[] = [];
  let left = maxTokens * CHARACTERS_PER_TOKEN;
  for (const passage of passages) {
    const overhead = [passage.title, passage.source, ...passage.headings].join(' ').length;
    const text = cut(passage.text, left - overhead);
    if (text === '') break;
    fitting.push(text === passage.text ? passage : { ...passage, text });
    left -= overhead + text.length;
    if (text !== passage.text) break;
  }
  return fitting;
}

function cut(text: string, characters: number): string {
  if (text.length <= characters) return text;
  let kept = '';
  for (const sentence of sentencesOf(text)) {
    if (kept.length + sentence.length + 1 > characters) break;
    kept += kept === '' ? sentence : ` ${sentence}`;
  }
  return kept;
}
