/** The words of a text as they are spoken, in lower case. */
export function wordsOf(text: string): string[] {
  return (
    text
      .toLowerCase()
      .replaceAll(/[’']/g, '')
      .match(/[a-z\d]+/g) ?? []
  );
}

/** Share of `expected`'s words that stand in `heard` in the same order, less what came besides; 0 to 1. */
export function wordAccuracy(expected: string, heard: string): number {
  const wanted = wordsOf(expected);
  const errors = editDistance(wanted, wordsOf(heard));
  return wanted.length === 0 ? 0 : Math.max(0, 1 - errors / wanted.length);
}

/** Words to change, add or leave out to make one list of the other. */
function editDistance(left: readonly string[], right: readonly string[]): number {
  let row = right.map((_, index) => index + 1);
  row.unshift(0);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const change = row[j - 1]! + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row.at(-1)!;
}
