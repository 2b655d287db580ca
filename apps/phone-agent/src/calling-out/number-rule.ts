import {
  isSupportedCountry,
  parsePhoneNumberFromString as parsePhoneNumber,
} from 'libphonenumber-js/max';

/** Kinds of numbers that cost whoever calls them more than a call. */
const COSTLY = new Set<string | undefined>(['PREMIUM_RATE', 'SHARED_COST']);

/** Whether this is a country's two-letter code. */
export function isCountry(code: string): boolean {
  return isSupportedCountry(code);
}

/** The country of a number in E.164; undefined where it has none, such as a satellite phone's. */
export function countryOf(number: string): string | undefined {
  return parsePhoneNumber(number)?.country;
}

/**
 * Says why a number may not be called, or nothing. By its country, not by its first digits: +1 alone is
 * shared by twenty-five countries, some of which are dear.
 */
export function createNumberRule(
  countries: readonly string[] | 'any',
): (to: string) => string | undefined {
  const allowed = countries === 'any' ? undefined : new Set(countries);
  return (to) => {
    const number = parsePhoneNumber(to);
    if (!number?.isPossible()) return 'No telephone can have this number.';
    if (COSTLY.has(number.getType())) return 'Numbers that charge their callers are not called.';
    if (!allowed || (number.country !== undefined && allowed.has(number.country))) return undefined;
    const which = allowed.size === 0 ? 'none is allowed' : `allowed: ${[...allowed].join(', ')}`;
    return `Numbers of that country are not called (${which}; see OUTBOUND_COUNTRIES).`;
  };
}
