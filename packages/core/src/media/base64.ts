const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const PADDING = 0x3d;
// What each character contributes to its group of 24 bits, by its place; negative for all others.
const FIRST = contributions(18);
const SECOND = contributions(12);
const THIRD = contributions(6);
const FOURTH = contributions(0);

function contributions(shift: number): Int32Array {
  const table = new Int32Array(256).fill(-1);
  for (let value = 0; value < 64; value++) table[ALPHABET.charCodeAt(value)] = value << shift;
  return table;
}

/** Bytes that `length` characters of base64 hold at most. */
export function base64Capacity(length: number): number {
  return (length >>> 2) * 3;
}

/**
 * Decodes the base64 text that stands in `data` from `from` to `to` (RFC 4648, section 4, padded)
 * into the start of `into`. Strict, where `Buffer` skips what it does not know: noise in the text
 * must not become noise at the ear.
 *
 * @returns the number of bytes, or -1 where it is not base64 or `into` is too short.
 */
export function decodeBase64(data: Uint8Array, from: number, to: number, into: Uint8Array): number {
  const length = to - from;
  if (length <= 0) return length === 0 ? 0 : -1;
  if ((length & 3) !== 0 || into.length < base64Capacity(length)) return -1;
  const lastGroup = to - 4;
  let out = 0;
  let seen = 0;
  for (let at = from; at < lastGroup; at += 4) {
    const group =
      FIRST[data[at]!]! | SECOND[data[at + 1]!]! | THIRD[data[at + 2]!]! | FOURTH[data[at + 3]!]!;
    seen |= group;
    into[out] = group >> 16;
    into[out + 1] = group >> 8;
    into[out + 2] = group;
    out += 3;
  }
  const third = data[lastGroup + 2]!;
  const fourth = data[lastGroup + 3]!;
  const padding = fourth !== PADDING ? 0 : third !== PADDING ? 1 : 2;
  const group =
    FIRST[data[lastGroup]!]! |
    SECOND[data[lastGroup + 1]!]! |
    (padding === 2 ? 0 : THIRD[third]!) |
    (padding > 0 ? 0 : FOURTH[fourth]!);
  into[out++] = group >> 16;
  if (padding < 2) into[out++] = group >> 8;
  if (padding < 1) into[out++] = group;
  return (seen | group) >= 0 ? out : -1;
}
