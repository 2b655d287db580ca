import type { TermStatistics, TermVariant } from '../passage-store.ts';
import { likeness } from './likeness.ts';

/** Of the terms near one that was asked for, those that may stand for it. */
export function statisticsOf(
  asked: string,
  near: readonly string[],
  passagesOf: (term: string) => number,
): TermStatistics {
  const variants: TermVariant[] = near
    .map((term) => ({ term, likeness: likeness(asked, term) }))
    .filter((variant) => variant.likeness > 0)
    .sort((left, right) => right.likeness - left.likeness);
  return { variants, passages: variants[0] ? passagesOf(variants[0].term) : 0 };
}
