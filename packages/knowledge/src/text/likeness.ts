import { soundOf } from './terms.ts';

/** Shorter terms are as they are: too many others sound and look like them. */
const SHORTEST = 4;
/** One digit for another is another thing. */
const HAS_DIGIT = /\d/;
/** For a term that sounds like the one that was asked for. */
export const SOUNDS_ALIKE = 0.7;
const LOOKS_ALIKE = 0.6;
/** Codes of one consonant say nothing. */
const SHORTEST_SOUND = 2;

/**
 * How likely one term was meant by another, 0 to 1: 1 for the same, less for what sounds or is
 * spelt alike, 0 for what has nothing to do with it.
 */
export function likeness(asked: string, term: string): number {
  if (asked === term) return 1;
  if (term.length < SHORTEST || HAS_DIGIT.test(term)) return 0;
  const allowed = allowedEdits(asked);
  if (allowed === 0) return 0;
  const sound = soundOf(asked);
  const isSameSound = sound.length >= SHORTEST_SOUND && sound === soundOf(term);
  const edits = editDistance(asked, term, isSameSound ? allowed + 1 : allowed);
  if (isSameSound && edits <= allowed + 1) return SOUNDS_ALIKE;
  return edits <= allowed ? LOOKS_ALIKE : 0;
}

/** Letters that may be wrong in a term. */
export function allowedEdits(term: string): number {
  return term.length < SHORTEST || HAS_DIGIT.test(term) ? 0 : term.length < 8 ? 1 : 2;
}

/** Letters to change, add or leave out; `limit + 1` where there are more than `limit`. */
function editDistance(left: string, right: string, limit: number): number {
  if (Math.abs(left.length - right.length) > limit) return limit + 1;
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    let least = i;
    for (let j = 1; j <= right.length; j++) {
      const change = row[j - 1]! + (left[i - 1] === right[j - 1] ? 0 : 1);
      const edits = Math.min(change, row[j]! + 1, next[j - 1]! + 1);
      next.push(edits);
      least = Math.min(least, edits);
    }
    if (least > limit) return limit + 1;
    row = next;
  }
  return row[right.length]!;
}
