const ONES = (
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen ' +
  'fifteen sixteen seventeen eighteen nineteen'
).split(' ');
const TENS = '_ _ twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
const LONGEST_CARDINAL_DIGITS = 4;

/**
 * The words of a sentence as a caller says them and as the recogniser writes them: lower case,
 * without punctuation, numbers in words, `&` and `%` spelt out.
 *
 * @example spokenWords("What's open 24 hours?") // ['what\'s', 'open', 'twenty', 'four', 'hours']
 */
export function spokenWords(text: string): string[] {
  const plain = text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[\u2018\u2019]/g, "'")
    .toLowerCase()
    .replace(/&/g, ' and ')
    .replace(/%/g, ' percent ')
    .replace(/(\d),(?=\d{3})/g, '$1')
    .replace(/\d+/g, (digits) => ` ${numberWords(digits)} `);
  return plain
    .split(/[^a-z']+/)
    .map((word) => word.replace(/^'+(?!(?:cause|til|em|bout)$)|'+$/g, ''))
    .filter((word) => /[a-z]/.test(word));
}

/** A whole number in words; long ones and those with a leading zero digit by digit. */
export function numberWords(digits: string): string {
  const spelt = digits.length > LONGEST_CARDINAL_DIGITS || (digits.length > 1 && digits[0] === '0');
  if (spelt) return [...digits].map((digit) => ONES[Number(digit)]).join(' ');
  return cardinal(Number(digits));
}

function cardinal(value: number): string {
  const parts: string[] = [];
  const thousands = Math.floor(value / 1000);
  const hundreds = Math.floor((value % 1000) / 100);
  const rest = value % 100;
  if (thousands > 0) parts.push(ONES[thousands] as string, 'thousand');
  if (hundreds > 0) parts.push(ONES[hundreds] as string, 'hundred');
  if (rest >= ONES.length) {
    parts.push(TENS[Math.floor(rest / 10)] as string);
    if (rest % 10 > 0) parts.push(ONES[rest % 10] as string);
  } else if (rest > 0 || value === 0) {
    parts.push(ONES[rest] as string);
  }
  return parts.join(' ');
}
