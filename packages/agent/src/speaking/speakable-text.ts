import { numberWords, yearWords } from './number-words.ts';

/**
 * Takes off the marks that models write for eyes: headings, bullets, emphasis, code, tables, links
 * behind words. What is left is what the transcript shows and what is spoken.
 */
export function plainText(sentence: string): string {
  const text = sentence
    .replace(/^\s*(?:#{1,6}\s+|[-*+•]\s+|>\s+|\d{1,3}[.)]\s+(?=\p{Lu}))+/u, '')
    .replace(/!?\[([^\]]*)\]\((?:[^()\s]|\([^()\s]*\))*\)/g, '$1')
    .replace(/```\w*|`/g, '')
    .replace(/(^|[^\w*])\*{1,3}(?=[^\s*])|(?<=[^\s*])\*{1,3}(?=[^\w*]|$)/g, '$1')
    .replace(/(^|[^\w])_{1,3}(?=[^\s_])|(?<=[^\s_])_{1,3}(?=[^\w]|$)/g, '$1')
    .replace(/~~/g, '')
    .replace(/^\s*\|?[\s:|-]+\|?\s*$/, '')
    .replace(/\s*\|\s*/g, ', ')
    .replace(/^[\s,]+|\s*,\s*$/g, '')
    .replace(/[\p{Extended_Pictographic}\u{FE0F}\u{200D}]/gu, '')
    .replace(/\s+/g, ' ')
    .trim();
  return /[\p{L}\p{N}]/u.test(text) ? text : '';
}

const LINK = /(?:https?:\/\/|www\.)[^\s<>"']*[\w/]|[\w.+-]+@[\w-]+(?:\.[\w-]+)+/gi;
/** An international number, or groups of digits that nothing but a telephone number has. */
const PHONE_NUMBER =
  /(?<![\w.:/-])(?:\+\d[\d ().-]{5,}\d|\(\d{2,5}\)[ .-]?\d{2,5}(?:[ .-]?\d{2,5})*|\d{3,5}(?:[ .-]\d{2,5}){2,3})(?![\w:/-])/g;
const MONTHS =
  'January February March April May June July August September October November December'.split(
    ' ',
  );
const CURRENCIES: Readonly<Record<string, readonly [string, string, string, string]>> = {
  $: ['dollar', 'dollars', 'cent', 'cents'],
  '€': ['euro', 'euros', 'cent', 'cents'],
  '£': ['pound', 'pounds', 'penny', 'pence'],
};

/**
 * Writes out what synthesisers read wrongly or each in another way: addresses of pages and mail,
 * telephone numbers digit by digit, dates, times, money, percentages, large and decimal numbers.
 *
 * @param language Words are known for `en` only; in other languages only links are made plain.
 */
export function speakableText(text: string, language: string): string {
  if (!/^en\b/i.test(language)) return text.replace(LINK, plainLink);
  return text
    .replace(LINK, (link) =>
      plainLink(link)
        .replace(/@/g, ' at ')
        .replace(/\./g, ' dot ')
        .replace(/\//g, ' slash ')
        .replace(/_/g, ' underscore ')
        .replace(/-/g, ' dash '),
    )
    .replace(/(?<![\d-])(\d{4})-(\d\d)-(\d\d)(?![\d-])/g, isoDate)
    .replace(PHONE_NUMBER, digitByDigit)
    .replace(
      /([$€£])\s?(\d[\d,]*)(?:\.(\d\d))?(?![\d.]\d)/g,
      (_, sign: string, whole: string, part: string | undefined) => money(sign, whole, part),
    )
    .replace(/(?<![\d:.])([01]?\d|2[0-3]):([0-5]\d)(?![\d:])/g, time)
    .replace(/(\d)\s?%/g, '$1 percent')
    .replace(/(\d)\s?[\u2012-\u2014]\s?(?=\d)/g, '$1 to ')
    .replace(/#\s?(?=\d)/g, 'number ')
    .replace(/\s&\s/g, ' and ')
    .replace(/(?<![\w.,])(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?(st|nd|rd|th)?(?![\w]|[.,]\d)/g, number)
    .replace(/\s+/g, ' ')
    .trim();
}

function plainLink(link: string): string {
  return link
    .replace(/^https?:\/\//i, '')
    .replace(/^www\./i, '')
    .replace(/[?#].*$/, '')
    .replace(/\/+$/, '');
}

function digitByDigit(phoneNumber: string): string {
  const groups = phoneNumber.split(/[^\d+]+/).filter((group) => group !== '');
  return groups
    .map((group) => [...group].map((digit) => (digit === '+' ? 'plus' : numberWords(digit))))
    .map((digits) => digits.join(' '))
    .join(', ');
}

function isoDate(whole: string, year: string, month: string, day: string): string {
  const name = MONTHS[Number(month) - 1];
  if (name === undefined || Number(day) > 31) return whole;
  return `${name} ${numberWords(String(Number(day)), true)}, ${yearWords(year)}`;
}

function money(sign: string, whole: string, part: string | undefined): string {
  const [one, many, oneCent, manyCents] = CURRENCIES[sign]!;
  const units = whole.replaceAll(',', '');
  const cents = Number(part ?? 0);
  const unitWords = `${numberWords(units)} ${Number(units) === 1 ? one : many}`;
  if (cents === 0) return unitWords;
  const centWords = `${numberWords(String(cents))} ${cents === 1 ? oneCent : manyCents}`;
  return Number(units) === 0 ? centWords : `${unitWords} and ${centWords}`;
}

function time(_: string, hour: string, minute: string): string {
  const hourWords = numberWords(String(Number(hour)));
  if (minute === '00') return Number(hour) > 12 ? `${hourWords} hundred` : `${hourWords} o'clock`;
  const minutes = numberWords(String(Number(minute)));
  return Number(minute) < 10 ? `${hourWords} oh ${minutes}` : `${hourWords} ${minutes}`;
}

function number(
  written: string,
  whole: string,
  fraction: string | undefined,
  ordinal: string | undefined,
): string {
  const digits = whole.replaceAll(',', '');
  // Codes, account numbers: nobody says them as one number.
  if (digits.length > 6 && !whole.includes(','))
    return [...digits].map((digit) => numberWords(digit)).join(' ');
  if (digits.length > 1 && digits.startsWith('0')) {
    return [...digits].map((digit) => numberWords(digit)).join(' ');
  }
  if (digits.length > 12) return written;
  if (
    fraction === undefined &&
    !whole.includes(',') &&
    /^(?:1[89]|20)\d\d$/.test(digits) &&
    !ordinal
  ) {
    return yearWords(digits);
  }
  const words = numberWords(digits, ordinal !== undefined);
  if (fraction === undefined) return words;
  return `${words} point ${[...fraction.slice(1)].map((digit) => numberWords(digit)).join(' ')}`;
}
