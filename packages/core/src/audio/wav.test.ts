import fc from 'fast-check';
import { PhoneAgentError } from '../errors.ts';
import { decodeAlaw, decodeMulaw } from './g711.ts';
import { decodeWav, encodeWav, WavFormatError } from './wav.ts';

const ascii = (text: string) => Buffer.from(text, 'latin1');

function chunk(tag: string, body: Uint8Array): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(body.length);
  return Buffer.concat([ascii(tag), size, body, Buffer.alloc(body.length % 2)]);
}

function riff(...chunks: Uint8Array[]): Buffer {
  return chunk('RIFF', Buffer.concat([ascii('WAVE'), ...chunks]));
}

function format(encoding: number, bits: number, channels = 1, sampleRate = 8000): Buffer {
  const body = Buffer.alloc(16);
  body.writeUInt16LE(encoding, 0);
  body.writeUInt16LE(channels, 2);
  body.writeUInt32LE(sampleRate, 4);
  body.writeUInt32LE((sampleRate * channels * bits) / 8, 8);
  body.writeUInt16LE((channels * bits) / 8, 12);
  body.writeUInt16LE(bits, 14);
  return body;
}

test('writes the 44-byte header of a 16-bit PCM file, then the interleaved samples', () => {
  const channels = [Int16Array.of(1, -2), Int16Array.of(0x0102, 3)];
  const expected = riff(
    chunk('fmt ', format(1, 16, 2, 16_000)),
    chunk('data', Buffer.from([1, 0, 2, 1, 0xfe, 0xff, 3, 0])),
  );
  expect(Buffer.from(encodeWav({ sampleRate: 16_000, channels }))).toEqual(expected);
  expect(expected).toHaveLength(44 + 8);
});

test('reads back any sound it wrote, from any alignment', () => {
  const audio = fc
    .tuple(fc.integer({ min: 1, max: 5 }), fc.nat({ max: 60 }))
    .chain(([count, length]) =>
      fc.record({
        sampleRate: fc.integer({ min: 1, max: 192_000 }),
        channels: fc.array(fc.int16Array({ minLength: length, maxLength: length }), {
          minLength: count,
          maxLength: count,
        }),
      }),
    );
  fc.assert(
    fc.property(audio, fc.nat({ max: 3 }), (original, shift) => {
      const encoded = encodeWav(original);
      const moved = new Uint8Array(encoded.length + shift);
      moved.set(encoded, shift);
      expect(decodeWav(moved.subarray(shift))).toEqual(original);
    }),
  );
});

test('answers any damage to a file with sound or with a wav_invalid error, never with another one', () => {
  const file = encodeWav({
    sampleRate: 8000,
    channels: [Int16Array.of(1, 2, 3), Int16Array.of(4, 5, 6)],
  });
  const damage = fc.array(fc.tuple(fc.nat({ max: file.length - 1 }), fc.nat({ max: 255 })), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(damage, fc.nat({ max: file.length }), (changes, length) => {
      const damaged = file.slice();
      for (const [at, value] of changes) damaged[at] = value;
      try {
        decodeWav(damaged.subarray(0, length));
      } catch (error) {
        expect(PhoneAgentError.isInstance(error) && error.code).toBe('wav_invalid');
      }
    }),
    { numRuns: 1000 },
  );
});

test('passes over other chunks and the padding byte behind one of an odd size', () => {
  const file = riff(
    chunk('LIST', ascii('odd')),
    chunk('fmt ', format(1, 16)),
    chunk('fact', Buffer.alloc(4)),
    chunk('data', Buffer.from([7, 0])),
    chunk('id3 ', ascii('later')),
  );
  expect(decodeWav(file)).toEqual({ sampleRate: 8000, channels: [Int16Array.of(7)] });
});

test('reads mu-law and A-law of an odd length', () => {
  const codes = Uint8Array.of(0x00, 0x7f, 0xff, 0x55, 0xd5);
  const mulaw = riff(chunk('fmt ', format(7, 8)), chunk('data', codes));
  expect(decodeWav(mulaw).channels).toEqual([decodeMulaw(codes)]);
  const alaw = riff(chunk('fmt ', format(6, 8)), chunk('data', codes));
  expect(decodeWav(alaw).channels).toEqual([decodeAlaw(codes)]);
});

test('reads 8-bit PCM, whose silence is 128', () => {
  const file = riff(chunk('fmt ', format(1, 8)), chunk('data', Buffer.from([0, 128, 255])));
  expect(decodeWav(file).channels).toEqual([Int16Array.of(-32_768, 0, 32_512)]);
});

test('reads the extensible form', () => {
  const extension = Buffer.alloc(24);
  extension.writeUInt16LE(22, 0);
  extension.writeUInt16LE(1, 8);
  const body = Buffer.concat([format(0xfffe, 16), extension]);
  const file = riff(chunk('fmt ', body), chunk('data', Buffer.from([7, 0])));
  expect(decodeWav(file).channels).toEqual([Int16Array.of(7)]);
});

test('reads a streamed file, whose sizes are unknown, to its last whole frame', () => {
  const file = riff(chunk('fmt ', format(1, 16)), chunk('data', Buffer.from([7, 0, 8, 0, 9, 0])));
  file.writeUInt32LE(0xffff_ffff, 4);
  file.writeUInt32LE(0xffff_ffff, 40);
  expect(decodeWav(file.subarray(0, -1)).channels).toEqual([Int16Array.of(7, 8)]);
});

test.each([
  ['nothing', Buffer.alloc(0), /not a WAV file/],
  ['an MP3 file', ascii('ID3\u0004 and so on, long enough'), /not a WAV file/],
  ['no data', riff(chunk('fmt ', format(1, 16))), /no data/],
  ['data before the format', riff(chunk('data', Buffer.alloc(2))), /no format/],
  [
    'a format too short',
    riff(chunk('fmt ', Buffer.alloc(14)), chunk('data', Buffer.alloc(2))),
    /14/,
  ],
  [
    'floating point',
    riff(chunk('fmt ', format(3, 32)), chunk('data', Buffer.alloc(4))),
    /16-bit PCM/,
  ],
  ['24-bit PCM', riff(chunk('fmt ', format(1, 24)), chunk('data', Buffer.alloc(3))), /16-bit PCM/],
  [
    'no channels',
    riff(chunk('fmt ', format(1, 16, 0)), chunk('data', Buffer.alloc(2))),
    /contradicts/,
  ],
  ['half a frame', riff(chunk('fmt ', format(1, 16, 2)), chunk('data', Buffer.alloc(6))), /within/],
  [
    'data cut off',
    riff(chunk('fmt ', format(1, 16)), chunk('data', Buffer.alloc(100))).subarray(0, 100),
    /cut off/,
  ],
])('refuses a file with %s and says why', (_, file, message) => {
  expect(() => decodeWav(file)).toThrow(WavFormatError);
  expect(() => decodeWav(file)).toThrow(message);
});

test('refuses to write what a WAV file cannot hold', () => {
  const one = new Int16Array(1);
  expect(() => encodeWav({ sampleRate: 8000, channels: [] })).toThrow(RangeError);
  expect(() => encodeWav({ sampleRate: 8000, channels: [one, new Int16Array(2)] })).toThrow(
    RangeError,
  );
  expect(() => encodeWav({ sampleRate: 0, channels: [one] })).toThrow(RangeError);
  expect(() => encodeWav({ sampleRate: 8000.5, channels: [one] })).toThrow(RangeError);
});
