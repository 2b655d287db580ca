/** Initials that flite would read as a word, or as letters with a wrong first one. */
const SPELT = new Set(
  'AI API APIS AWS CEO CFO CIO CTO ETA EU FAQ FAQS ID IDS IT UN URL URLS'.split(' '),
);
const MONTHS =
  'January February March April May June July August September October November December'.split(
    ' ',
  );
/** An international number, or groups of digits that nothing but a telephone number has. */
const PHONE_NUMBER =
  /(?<![\w.-])(?:\+\d[\d ().-]{5,}\d|\(?\d{2,5}\)?(?:[ .-]\d{2,5}){1,4})(?![\w-])/g;
const LINK = /(?:https?:\/\/|www\.)[^\s,;)]*[\w/]|[\w.+-]+@[\w-]+(?:\.[\w-]+)+/gi;

/**
 * Rewrites what flite would read wrongly or not at all: telephone numbers (digit by digit, with a
 * pause between groups), addresses of pages and mail, some initials, dates, currency signs, dashes
 * and typographic quotes. What it reads well (numbers, times, dollars) stays as it is.
 */
export function speakableText(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/[\u2018\u2019]/g, "'")
    .replace(/[\u201c\u201d"*_`~|<>[\]{}]/g, ' ')
    .replace(
      /(\d)\s?[\u2013\u2012-]\s?(\d{1,2}(?::\d\d)?\s?(?:am|pm|h|hours|days)\b)/gi,
      '$1 to $2',
    )
    .replace(/(?<![\d-])(\d{4})-(\d\d)-(\d\d)(?![\d-])/g, isoDate)
    .replace(LINK, spokenLink)
    .replace(PHONE_NUMBER, spokenNumber)
    .replace(/(\d)\s?[\u2012-\u2015]\s?(?=\d)/g, '$1 to ')
    .replace(/\s*[\u2012-\u2015]\s*/g, ', ')
    .replace(/\b24\/7\b/g, '24 7')
    .replace(/\u00a3\s?(\d+)(?:\.(\d\d))?/g, (_, whole: string, part: string | undefined) =>
      money(whole, part, 'pound', 'pence'),
    )
    .replace(/\u20ac\s?(\d+)(?:\.(\d\d))?/g, (_, whole: string, part: string | undefined) =>
      money(whole, part, 'euro', 'cents'),
    )
    .replace(/(\d\.\d+)(?=[a-z])/gi, '$1 ')
    .replace(/&/g, ' and ')
    .replace(/#\s?(?=\d)/g, 'number ')
    .replace(/\bwi-?fi\b/gi, 'wifi')
    .replace(/\b[A-Z]{2,4}s?\b/g, initials)
    .normalize('NFD')
    .replace(/[^\x20-\x7e]/g, (character) => (/\s/.test(character) ? ' ' : ''))
    .replace(/\s+/g, ' ')
    .trim();
}

function isoDate(whole: string, year: string, month: string, day: string): string {
  const name = MONTHS[Number(month) - 1];
  return name === undefined ? whole : `${name} ${Number(day)}, ${year}`;
}

function spokenLink(link: string): string {
  return link
    .replace(/^https?:\/\//i, '')
    .replace(/^www\./i, 'w w w dot ')
    .replace(/@/g, ' at ')
    .replace(/\//g, ' slash ')
    .replace(/-/g, ' dash ')
    .replace(/_/g, ' underscore ')
    .replace(/\./g, ' dot ');
}

function spokenNumber(found: string): string {
  const digits = found.replace(/\D/g, '');
  if (digits.length < 7) return found;
  const groups = found.split(/\D+/).filter((group) => group !== '');
  const spoken = groups.map((group) => [...group].join(' ')).join(', ');
  return found.startsWith('+') ? `plus ${spoken}` : spoken;
}

function money(whole: string, part: string | undefined, unit: string, small: string): string {
  const units = `${whole} ${unit}${whole === '1' ? '' : 's'}`;
  return part === undefined || part === '00' ? units : `${units} ${Number(part)} ${small}`;
}

function initials(word: string): string {
  if (!SPELT.has(word.toUpperCase())) return word;
  const plural = word.endsWith('s');
  const letters = [...(plural ? word.slice(0, -1) : word)].join(' ');
  // "A P I s" would be read as "A P I ess": a bare z is what is heard.
  return plural ? `${letters}'s` : letters;
}
