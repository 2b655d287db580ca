import fc from 'fast-check';
import { AudioFormatError } from '../errors.ts';
import { createAudioCodec, type AudioFormat } from './audio-codec.ts';
import { samplesPerFrame } from './audio-frame.ts';

const formats: AudioFormat[] = [
  { encoding: 'PCMU', sampleRate: 8000 },
  { encoding: 'PCMA', sampleRate: 8000 },
  { encoding: 'L16', sampleRate: 8000 },
  { encoding: 'L16', sampleRate: 16000, byteOrder: 'big-endian' },
  { encoding: 'L16', sampleRate: 24000, byteOrder: 'little-endian' },
  { encoding: 'L16', sampleRate: 48000 },
];

describe.each(formats)('$encoding at $sampleRate Hz, byte order $byteOrder', (format) => {
  const codec = createAudioCodec(format);

  test('encodes a 20 ms frame into exactly bytesPerFrame bytes, and decodes them into one frame', () => {
    const frame = new Int16Array(samplesPerFrame(format.sampleRate)).fill(1234);
    const bytes = new Uint8Array(codec.bytesPerFrame);
    const decoded = new Int16Array(frame.length);
    expect(codec.encode(frame, bytes)).toBe(bytes.length);
    expect(codec.decode(bytes, decoded)).toBe(frame.length);
    expect(Math.abs(decoded[0]! - 1234)).toBeLessThanOrEqual(36);
  });

  test('keeps decoded sound through any number of passes, and writes nothing beyond it', () => {
    fc.assert(
      fc.property(fc.int16Array({ maxLength: 500 }), (samples) => {
        const bytes = new Uint8Array(1010).fill(99);
        const once = new Int16Array(510).fill(99);
        const twice = new Int16Array(510).fill(99);
        let written = codec.encode(samples, bytes);
        expect(written * samplesPerFrame(format.sampleRate)).toBe(
          samples.length * codec.bytesPerFrame,
        );
        expect(bytes.subarray(written).every((value) => value === 99)).toBe(true);
        expect(codec.decode(bytes.subarray(0, written), once)).toBe(samples.length);
        expect(once.subarray(samples.length).every((value) => value === 99)).toBe(true);
        written = codec.encode(once.subarray(0, samples.length), bytes);
        codec.decode(bytes.subarray(0, written), twice);
        expect(twice).toEqual(once);
      }),
    );
  });

  test('makes silence that decodes to the smallest value it has', () => {
    const bytes = new Uint8Array(codec.bytesPerFrame).fill(1);
    const samples = new Int16Array(samplesPerFrame(format.sampleRate)).fill(1);
    codec.silence(bytes);
    codec.decode(bytes, samples);
    expect(new Set(samples)).toEqual(new Set([format.encoding === 'PCMA' ? 8 : 0]));
  });

  test('refuses scratch arrays that are too short', () => {
    expect(() => codec.encode(new Int16Array(10), new Uint8Array(9))).toThrow(RangeError);
    expect(() => codec.decode(new Uint8Array(20), new Int16Array(9))).toThrow(RangeError);
  });
});

test('takes L16 as little-endian unless told otherwise, and says so in its format', () => {
  const codec = createAudioCodec({ encoding: 'L16', sampleRate: 16000 });
  const bytes = new Uint8Array(2);
  codec.encode(Int16Array.of(0x0102), bytes);
  expect([...bytes]).toEqual([2, 1]);
  expect(codec.format).toEqual({
    encoding: 'L16',
    sampleRate: 16000,
    byteOrder: 'little-endian',
  });
});

test.each([
  { encoding: 'OPUS', sampleRate: 16000 },
  { encoding: 'toString', sampleRate: 8000 },
  { encoding: 'PCMU', sampleRate: 16000 },
  { encoding: 'L16', sampleRate: 22050 },
  { encoding: undefined, sampleRate: undefined },
  { encoding: { name: 'PCMU' }, sampleRate: '8000' },
])('refuses $encoding at $sampleRate Hz and names what is supported', (format) => {
  const create = () => createAudioCodec(format as AudioFormat);
  expect(create).toThrow(AudioFormatError);
  expect(create).toThrow(/PCMU at 8000 Hz; PCMA at 8000 Hz; L16 at 8000, 16000, 24000, 48000 Hz/);
});

test('refuses a byte order that there is not', () => {
  const format = { encoding: 'L16', sampleRate: 8000, byteOrder: 'middle-endian' };
  expect(() => createAudioCodec(format as unknown as AudioFormat)).toThrow(AudioFormatError);
});
