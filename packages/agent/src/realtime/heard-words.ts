/** What counts as heard to its end although its last bit, mostly silence, was not. */
const END_TOLERANCE_MS = 60;

/**
 * The words that were heard of a text whose audio lasts `audioMs`, when `heardMs` of it were heard:
 * in proportion to its time, and without the word that was cut off.
 */
export function heardWords(text: string, audioMs: number, heardMs: number): string {
  if (heardMs <= 0 || audioMs <= 0) return '';
  if (heardMs + END_TOLERANCE_MS >= audioMs) return text.trim();
  const letters = Math.floor((text.length * heardMs) / audioMs);
  if (letters >= text.length || /\s/.test(text[letters]!)) return text.slice(0, letters).trim();
  return text.slice(0, Math.max(0, text.slice(0, letters).search(/\s\S*$/))).trim();
}
