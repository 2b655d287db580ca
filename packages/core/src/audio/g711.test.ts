import fc from 'fast-check';
import { decodeAlaw, decodeMulaw, encodeAlaw, encodeMulaw } from './g711.ts';

const everySample = Int16Array.from({ length: 65_536 }, (_, i) => i - 32_768);
const everyCode = Uint8Array.from({ length: 256 }, (_, code) => code);

// The rules of ITU-T G.191 for one value, stated step by step as the Recommendation's text has them:
// decision thresholds are searched, not computed, so that nothing is shared with the code under test.

/** Upper ends of mu-law's segments on the 14-bit scale after the bias of 33: 63, 127, … 8191. */
function mulawReference(sample: number): number {
  const fourteenBits = Math.floor(sample / 4);
  const magnitude = sample < 0 ? -1 - fourteenBits : fourteenBits;
  const biased = Math.min(magnitude + 33, 8191);
  let segmentNumber = 1;
  let segmentEnd = 63;
  while (biased > segmentEnd) {
    segmentNumber += 1;
    segmentEnd = 2 * segmentEnd + 1;
  }
  const interval = Math.floor(biased / 2 ** segmentNumber) % 16;
  return (sample < 0 ? 0 : 128) + (8 - segmentNumber) * 16 + (15 - interval);
}

function mulawExpandReference(code: number): number {
  const inverted = 255 - code;
  const exponent = Math.floor(inverted / 16) % 8;
  const mantissa = inverted % 16;
  const step = 8 * 2 ** exponent;
  const magnitude = 128 * 2 ** exponent + step * mantissa + step / 2 - 4 * 33;
  return code >= 128 ? magnitude : 0 - magnitude;
}

function alawReference(sample: number): number {
  const twelveBits = Math.floor(sample / 16);
  let mantissa = sample < 0 ? -1 - twelveBits : twelveBits;
  let exponent = 0;
  if (mantissa >= 16) {
    exponent = 1;
    while (mantissa >= 32) {
      mantissa = Math.floor(mantissa / 2);
      exponent += 1;
    }
    mantissa -= 16;
  }
  return ((sample < 0 ? 0 : 128) + exponent * 16 + mantissa) ^ 0b0101_0101;
}

function alawExpandReference(code: number): number {
  const toggled = code ^ 0b0101_0101;
  const exponent = Math.floor(toggled / 16) % 8;
  let magnitude = (toggled % 16) * 16 + 8;
  if (exponent > 0) magnitude += 256;
  for (let shift = 1; shift < exponent; shift++) magnitude *= 2;
  return code >= 128 ? magnitude : 0 - magnitude;
}

const laws = [
  {
    name: 'mu-law',
    encode: encodeMulaw,
    decode: decodeMulaw,
    encodeReference: mulawReference,
    decodeReference: mulawExpandReference,
    // [sample, code, what the code means]
    known: [
      [0, 0xff, 0],
      [-1, 0x7f, 0],
      [3, 0xff, 0],
      [4, 0xfe, 8],
      [-5, 0x7e, -8],
      [1000, 0xce, 988],
      [32_767, 0x80, 32_124],
      [-32_768, 0x00, -32_124],
    ],
  },
  {
    name: 'A-law',
    encode: encodeAlaw,
    decode: decodeAlaw,
    encodeReference: alawReference,
    decodeReference: alawExpandReference,
    known: [
      [0, 0xd5, 8],
      [-1, 0x55, -8],
      [15, 0xd5, 8],
      [16, 0xd4, 24],
      [1000, 0xfa, 1008],
      [32_767, 0xaa, 32_256],
      [-32_768, 0x2a, -32_256],
    ],
  },
];

describe.each(laws)('$name', ({ encode, decode, encodeReference, decodeReference, known }) => {
  test('encodes each of the 65,536 samples as ITU-T G.191 does', () => {
    expect(encode(everySample)).toEqual(Uint8Array.from(everySample, encodeReference));
  });

  test('decodes each of the 256 codes as ITU-T G.191 does', () => {
    expect(decode(everyCode)).toEqual(Int16Array.from(everyCode, decodeReference));
  });

  test.each(known)('encodes %i as code %i, which means %i', (sample, code, meaning) => {
    expect(encode(Int16Array.of(sample))).toEqual(Uint8Array.of(code));
    expect(decode(Uint8Array.of(code))).toEqual(Int16Array.of(meaning));
  });

  test('keeps a decoded sound unchanged when it is encoded and decoded again', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const once = decode(bytes);
        expect(decode(encode(once))).toEqual(once);
      }),
    );
  });

  test('never lets a louder sample come out quieter', () => {
    const decoded = decode(encode(everySample));
    expect(decoded.every((value, i) => i === 0 || value >= decoded[i - 1]!)).toBe(true);
  });

  test('writes into the array it is given and returns that very array', () => {
    const bytes = new Uint8Array(160);
    const samples = new Int16Array(160);
    expect(encode(everySample.subarray(1000, 1160), bytes)).toBe(bytes);
    expect(bytes).toEqual(encode(everySample.subarray(1000, 1160)));
    expect(decode(bytes, samples)).toBe(samples);
    expect(samples).toEqual(decode(bytes));
  });

  test('returns the written part of a longer array and leaves the rest alone', () => {
    const bytes = new Uint8Array(8).fill(77);
    expect(encode(Int16Array.of(0, 0), bytes)).toHaveLength(2);
    expect([...bytes.subarray(2)]).toEqual([77, 77, 77, 77, 77, 77]);
    const samples = new Int16Array(8).fill(77);
    expect(decode(Uint8Array.of(0xff, 0xff, 0xff), samples)).toHaveLength(3);
    expect([...samples.subarray(3)]).toEqual([77, 77, 77, 77, 77]);
  });

  test('refuses an array that is too short', () => {
    expect(() => encode(new Int16Array(160), new Uint8Array(159))).toThrow(RangeError);
    expect(() => decode(new Uint8Array(160), new Int16Array(159))).toThrow(RangeError);
  });
});
