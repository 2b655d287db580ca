/** The constant of reciprocal rank fusion as its authors set it (Cormack, Clarke, Büttcher, SIGIR 2009). */
export const RANK_CONSTANT = 60;

/** Fuses ranked lists: an item scores the sum of 1 / (60 + rank) over the lists that have it. */
export function fuseRanks<Item>(lists: readonly (readonly Item[])[]): Item[] {
  const scores = new Map<Item, number>();
  for (const list of lists) {
    for (const [index, item] of list.entries()) {
      scores.set(item, (scores.get(item) ?? 0) + 1 / (RANK_CONSTANT + index + 1));
    }
  }
  return [...scores].sort((left, right) => right[1] - left[1]).map(([item]) => item);
}
