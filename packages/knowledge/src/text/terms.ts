import { doubleMetaphone } from 'double-metaphone';
import stemWord from 'wink-porter2-stemmer';
import { baseFormOf } from './irregular-forms.ts';
import { STOP_WORDS } from './stop-words.ts';
import { wordsOf } from './words.ts';

/** The stemmer takes some 20 µs a word, and texts repeat themselves. */
const CACHED_WORDS = 50_000;
const stems = new Map<string, string>();
const sounds = new Map<string, string>();

/** The stem of a word, so that `parking` meets `park` and `paid` meets `pay`. */
export function stemOf(word: string): string {
  return cached(stems, baseFormOf(word), stemWord);
}

/**
 * How a term sounds, as consonants (Double Metaphone); terms that are misheard for one another often
 * have the same. Empty for digits.
 */
export function soundOf(term: string): string {
  return cached(sounds, term, (text) => doubleMetaphone(text)[0]);
}

const SOUND_MARK = '~';

/** A term's sound as a term of its own, for stores that cannot look for what sounds alike. */
export function soundTermOf(term: string): string {
  const sound = soundOf(term);
  return sound === '' ? '' : SOUND_MARK + sound;
}

export function isSoundTerm(term: string): boolean {
  return term.startsWith(SOUND_MARK);
}

/** The terms of a text, in order and with repetitions: stems of the words that carry meaning. */
export function termsOf(text: string): string[] {
  return wordsOf(text)
    .filter((word) => !STOP_WORDS.has(word))
    .map(stemOf);
}

function cached(cache: Map<string, string>, key: string, compute: (key: string) => string): string {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const value = compute(key);
  // Emptied at once rather than entry by entry: it fills again within one search.
  if (cache.size >= CACHED_WORDS) cache.clear();
  cache.set(key, value);
  return value;
}
