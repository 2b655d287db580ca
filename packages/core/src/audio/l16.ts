import { AudioFormatError } from '../errors.ts';

/** Which byte of a 16-bit sample comes first. RFC 3551 has big-endian; most WebSocket media streams send little-endian. */
export type ByteOrder = 'little-endian' | 'big-endian';

/**
 * Writes 16-bit samples as bytes (L16), two bytes a sample.
 *
 * @param into Where to write, at least two bytes a sample: with it nothing is allocated for whole frames.
 * @returns `into`, cut to what was written if it is longer.
 * @throws RangeError if `into` is too short.
 */
export function encodeL16(
  samples: Int16Array,
  byteOrder: ByteOrder,
  into?: Uint8Array,
): Uint8Array {
  const count = samples.length;
  const bytes = into ?? new Uint8Array(2 * count);
  if (bytes.length < 2 * count) {
    throw new RangeError(
      `\`into\` holds ${bytes.length} bytes, but ${2 * count} are to be written.`,
    );
  }
  // Bytes are put together one by one: it works at any alignment, on any machine, without a view.
  const low = byteOrder === 'little-endian' ? 0 : 1;
  const high = 1 - low;
  for (let i = 0, at = 0; i < count; i++, at += 2) {
    const sample = samples[i]!;
    bytes[at + low] = sample;
    bytes[at + high] = sample >> 8;
  }
  return bytes.length === 2 * count ? bytes : bytes.subarray(0, 2 * count);
}

/**
 * Reads 16-bit samples from bytes (L16). The bytes may start at any address.
 *
 * @param into Where to write, at least one sample for two bytes: with it nothing is allocated for whole frames.
 * @returns `into`, cut to what was written if it is longer.
 * @throws AudioFormatError if the number of bytes is odd: half a sample is missing, and which half is unknown.
 * @throws RangeError if `into` is too short.
 */
export function decodeL16(bytes: Uint8Array, byteOrder: ByteOrder, into?: Int16Array): Int16Array {
  if (bytes.length % 2 !== 0) {
    throw new AudioFormatError(
      `L16 audio has two bytes a sample, but ${bytes.length} bytes came. Drop this piece: it was cut or is not L16.`,
    );
  }
  const count = bytes.length / 2;
  const samples = into ?? new Int16Array(count);
  if (samples.length < count) {
    throw new RangeError(
      `\`into\` holds ${samples.length} samples, but ${count} are to be written.`,
    );
  }
  const low = byteOrder === 'little-endian' ? 0 : 1;
  const high = 1 - low;
  for (let i = 0, at = 0; i < count; i++, at += 2) {
    samples[i] = bytes[at + low]! | (bytes[at + high]! << 8);
  }
  return samples.length === count ? samples : samples.subarray(0, count);
}
