import type { TermStatistics, TermVariant } from '../passage-store.ts';
import { SOUNDS_ALIKE, likeness } from './likeness.ts';

/** More would cost time and find little. */
const MOST_VARIANTS = 6;

/**
 * Of the terms near one that was asked for, those that may stand for it. A term that the index has may
 * have been misheard, but is not misspelt.
 */
export function statisticsOf(
  asked: string,
  near: readonly string[],
  passagesOf: (term: string) => number,
): TermStatistics {
  const lowest = near.includes(asked) ? SOUNDS_ALIKE : 0;
  const variants: TermVariant[] = near
    .map((term) => ({ term, likeness: likeness(asked, term) }))
    .filter((variant) => variant.likeness > 0 && variant.likeness >= lowest)
    .sort(
      (left, right) =>
        right.likeness - left.likeness ||
        passagesOf(right.term) - passagesOf(left.term) ||
        (left.term < right.term ? -1 : 1),
    )
    .slice(0, MOST_VARIANTS);
  return { variants, passages: variants[0] ? passagesOf(variants[0].term) : 0 };
}
