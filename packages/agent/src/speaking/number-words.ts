const SMALL =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const TENS = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
const SCALES = ['', 'thousand', 'million', 'billion'];
const ORDINALS: Readonly<Record<string, string>> = {
  one: 'first',
  two: 'second',
  three: 'third',
  five: 'fifth',
  eight: 'eighth',
  nine: 'ninth',
  twelve: 'twelfth',
};

/**
 * A whole number in English words: `1204` is `one thousand two hundred and four`.
 *
 * @param digits At most twelve digits.
 * @param ordinal As a rank: `fourth`.
 */
export function numberWords(digits: string, ordinal = false): string {
  const groups: string[] = [];
  for (let end = digits.length; end > 0; end -= 3)
    groups.unshift(digits.slice(Math.max(0, end - 3), end));
  const words = groups.flatMap((group, index) => {
    const value = Number(group);
    if (value === 0) return [];
    const isLast = index === groups.length - 1;
    const needsAnd = isLast && groups.length > 1 && value < 100;
    const scale = SCALES[groups.length - 1 - index] ?? '';
    return [`${needsAnd ? 'and ' : ''}${below1000(value)}${scale && ` ${scale}`}`];
  });
  const cardinal = words.join(' ') || SMALL[0]!;
  return ordinal ? toOrdinal(cardinal) : cardinal;
}

/** A year of four digits as it is said: `1987` is `nineteen eighty-seven`, `2005` is `two thousand and five`. */
export function yearWords(year: string): string {
  const century = Number(year.slice(0, 2));
  const rest = Number(year.slice(2));
  if (rest === 0) return century % 10 === 0 ? numberWords(year) : `${below1000(century)} hundred`;
  if (century === 20 && rest < 10) return numberWords(year);
  return `${below1000(century)} ${rest < 10 ? `oh ${below1000(rest)}` : below1000(rest)}`;
}

function below1000(value: number): string {
  if (value >= 100) {
    const hundreds = `${SMALL[Math.floor(value / 100)]} hundred`;
    return value % 100 === 0 ? hundreds : `${hundreds} and ${below1000(value % 100)}`;
  }
  if (value < 20) return SMALL[value]!;
  const tens = TENS[Math.floor(value / 10) - 2]!;
  return value % 10 === 0 ? tens : `${tens}-${SMALL[value % 10]}`;
}

function toOrdinal(cardinal: string): string {
  return cardinal.replace(/[a-z]+$/, (last) => {
    const known = ORDINALS[last];
    if (known !== undefined) return known;
    return last.endsWith('y') ? `${last.slice(0, -1)}ieth` : `${last}th`;
  });
}
