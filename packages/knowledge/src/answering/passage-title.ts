import type { KnowledgePassage } from '../knowledge-base.ts';

/** Under what a passage stands: `Prices > X-rays`. */
export function passageTitle({
  title,
  headings,
}: Pick<KnowledgePassage, 'title' | 'headings'>): string {
  return [title, ...headings].join(' > ');
}
