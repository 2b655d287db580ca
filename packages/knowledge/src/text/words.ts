const WORD = /[\p{L}\p{N}]+/gu;
const MARKS = /\p{M}+/gu;
const APOSTROPHES = /['’‘`´]/g;
const POSSESSIVE = /['’](?:s|S)(?![\p{L}\p{N}])/gu;

/** Who asks so asks for a price, which no document writes with these words. */
const HOW_MUCH = /\bhow much\b/g;

/** Digits of numbers that are spoken as one word: recognisers write words, documents write digits. */
const NUMBERS: ReadonlyMap<string, string> = new Map(
  (
    'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen ' +
    'sixteen seventeen eighteen nineteen twenty'
  )
    .split(' ')
    .map((word, number) => [word, String(number)]),
);
const TENS: readonly (readonly [string, string])[] = [
  ['thirty', '30'],
  ['forty', '40'],
  ['fifty', '50'],
  ['sixty', '60'],
  ['seventy', '70'],
  ['eighty', '80'],
  ['ninety', '90'],
];
const SPOKEN_NUMBERS: ReadonlyMap<string, string> = new Map([...NUMBERS, ...TENS]);

/**
 * The words of a text as they are compared: lower case, no accents, no apostrophes, spoken numbers
 * up to twenty and whole tens as digits.
 */
export function wordsOf(text: string): string[] {
  const plain = text
    .replaceAll(POSSESSIVE, '')
    .replaceAll(APOSTROPHES, '')
    .normalize('NFKD')
    .replaceAll(MARKS, '')
    .toLowerCase()
    .replaceAll(HOW_MUCH, 'cost');
  return (plain.match(WORD) ?? []).map((word) => SPOKEN_NUMBERS.get(word) ?? word);
}
