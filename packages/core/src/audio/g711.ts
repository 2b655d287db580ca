/**
 * G.711, the codec of the telephone network, as tables made from the algorithm of ITU-T G.191 (Software
 * Tool Library, module G.711: `ulaw_compress`, `ulaw_expand`, `alaw_compress`, `alaw_expand`).
 */

// G.191 looks at the top 14 bits of a sample for mu-law and at the top 12 for A-law, so smaller tables do.
const MULAW_DROPPED_BITS = 2;
const MULAW_ENCODER_SIZE = 1 << 14;
const ALAW_DROPPED_BITS = 4;
const ALAW_ENCODER_SIZE = 1 << 12;

// The distance between the thresholds of mu-law and those of A-law, in 14-bit steps.
const MULAW_BIAS = 33;
const MULAW_MAX_BIASED = 0x1fff;

let mulawEncoder: Uint8Array | undefined;
let mulawDecoder: Int16Array | undefined;
let alawEncoder: Uint8Array | undefined;
let alawDecoder: Int16Array | undefined;

/**
 * Encodes 16-bit samples as mu-law (PCMU), one byte a sample, bit-exact to ITU-T G.191.
 *
 * @param into Where to write, at least as long as `samples`: with it nothing is allocated for whole
 *   frames. Without it a new array is made.
 * @returns `into`, cut to what was written if it is longer.
 * @throws RangeError if `into` is too short.
 */
export function encodeMulaw(samples: Int16Array, into?: Uint8Array): Uint8Array {
  const table = (mulawEncoder ??= makeMulawEncoder());
  const count = samples.length;
  const bytes = into ?? new Uint8Array(count);
  requireRoom(bytes.length, count);
  for (let i = 0; i < count; i++) {
    bytes[i] = table[(samples[i]! >> MULAW_DROPPED_BITS) & (MULAW_ENCODER_SIZE - 1)]!;
  }
  return bytes.length === count ? bytes : bytes.subarray(0, count);
}

/**
 * Decodes mu-law (PCMU) bytes to 16-bit samples, bit-exact to ITU-T G.191.
 *
 * @param into Where to write, at least as long as `bytes`: with it nothing is allocated for whole frames.
 * @returns `into`, cut to what was written if it is longer.
 * @throws RangeError if `into` is too short.
 */
export function decodeMulaw(bytes: Uint8Array, into?: Int16Array): Int16Array {
  const table = (mulawDecoder ??= Int16Array.from({ length: 256 }, (_, code) => expandMulaw(code)));
  return decodeWith(table, bytes, into);
}

/**
 * Encodes 16-bit samples as A-law (PCMA), one byte a sample, bit-exact to ITU-T G.191.
 *
 * @param into Where to write, at least as long as `samples`: with it nothing is allocated for whole
 *   frames. Without it a new array is made.
 * @returns `into`, cut to what was written if it is longer.
 * @throws RangeError if `into` is too short.
 */
export function encodeAlaw(samples: Int16Array, into?: Uint8Array): Uint8Array {
  const table = (alawEncoder ??= makeAlawEncoder());
  const count = samples.length;
  const bytes = into ?? new Uint8Array(count);
  requireRoom(bytes.length, count);
  for (let i = 0; i < count; i++) {
    bytes[i] = table[(samples[i]! >> ALAW_DROPPED_BITS) & (ALAW_ENCODER_SIZE - 1)]!;
  }
  return bytes.length === count ? bytes : bytes.subarray(0, count);
}

/**
 * Decodes A-law (PCMA) bytes to 16-bit samples, bit-exact to ITU-T G.191.
 *
 * @param into Where to write, at least as long as `bytes`: with it nothing is allocated for whole frames.
 * @returns `into`, cut to what was written if it is longer.
 * @throws RangeError if `into` is too short.
 */
export function decodeAlaw(bytes: Uint8Array, into?: Int16Array): Int16Array {
  const table = (alawDecoder ??= Int16Array.from({ length: 256 }, (_, code) => expandAlaw(code)));
  return decodeWith(table, bytes, into);
}

function decodeWith(table: Int16Array, bytes: Uint8Array, into?: Int16Array): Int16Array {
  const count = bytes.length;
  const samples = into ?? new Int16Array(count);
  requireRoom(samples.length, count);
  for (let i = 0; i < count; i++) samples[i] = table[bytes[i]!]!;
  return samples.length === count ? samples : samples.subarray(0, count);
}

function requireRoom(available: number, needed: number): void {
  if (available < needed) {
    throw new RangeError(`\`into\` holds ${available} values, but ${needed} are to be written.`);
  }
}

function makeMulawEncoder(): Uint8Array {
  const table = new Uint8Array(MULAW_ENCODER_SIZE);
  for (let step = 0; step < MULAW_ENCODER_SIZE / 2; step++) {
    const code = compressMulaw(step);
    table[step] = code | 0x80;
    // Negative samples go by their one's complement: -1 is to the left of zero what 0 is to the right.
    table[~step & (MULAW_ENCODER_SIZE - 1)] = code;
  }
  return table;
}

/** The code of a 13-bit magnitude, without the sign bit. All bits are inverted, as on the wire. */
function compressMulaw(magnitude: number): number {
  const biased = Math.min(magnitude + MULAW_BIAS, MULAW_MAX_BIASED);
  const segment = 26 - Math.clz32(biased);
  const interval = (biased >> (segment + 1)) & 0x0f;
  return ~((segment << 4) | interval) & 0x7f;
}

function expandMulaw(code: number): number {
  const segment = (~code >> 4) & 0x07;
  const interval = ~code & 0x0f;
  // The middle of the interval, in 16-bit steps: 132 is the bias there.
  const magnitude = ((2 * interval + 33) << (segment + 2)) - 132;
  return code & 0x80 ? magnitude : -magnitude;
}

function makeAlawEncoder(): Uint8Array {
  const table = new Uint8Array(ALAW_ENCODER_SIZE);
  for (let step = 0; step < ALAW_ENCODER_SIZE / 2; step++) {
    const code = compressAlaw(step);
    table[step] = (code | 0x80) ^ 0x55;
    table[~step & (ALAW_ENCODER_SIZE - 1)] = code ^ 0x55;
  }
  return table;
}

/** The code of an 11-bit magnitude, without the sign bit and before every other bit is inverted. */
function compressAlaw(magnitude: number): number {
  if (magnitude < 32) return magnitude;
  const segment = 28 - Math.clz32(magnitude);
  return (segment << 4) | ((magnitude >> (segment - 1)) & 0x0f);
}

function expandAlaw(code: number): number {
  const plain = code ^ 0x55;
  const segment = (plain >> 4) & 0x07;
  const interval = plain & 0x0f;
  const magnitude = segment === 0 ? (2 * interval + 1) << 3 : (2 * interval + 33) << (segment + 2);
  return code & 0x80 ? magnitude : -magnitude;
}
