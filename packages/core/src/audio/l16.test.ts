import fc from 'fast-check';
import { AudioFormatError } from '../errors.ts';
import { decodeL16, encodeL16, type ByteOrder } from './l16.ts';

const anySamples = fc.int16Array({ maxLength: 400 });
const anyOrder = fc.constantFrom<ByteOrder>('little-endian', 'big-endian');

test('puts the low byte first in little-endian order and the high byte first in big-endian order', () => {
  const samples = Int16Array.of(0x0102, -2, -32_768, 32_767);
  expect([...encodeL16(samples, 'little-endian')]).toEqual([2, 1, 0xfe, 0xff, 0, 0x80, 0xff, 0x7f]);
  expect([...encodeL16(samples, 'big-endian')]).toEqual([1, 2, 0xff, 0xfe, 0x80, 0, 0x7f, 0xff]);
});

test('writes what DataView reads, in both orders', () => {
  fc.assert(
    fc.property(anySamples, anyOrder, (samples, byteOrder) => {
      const bytes = encodeL16(samples, byteOrder);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const read = samples.map((_, i) => view.getInt16(2 * i, byteOrder === 'little-endian'));
      expect(read).toEqual(samples);
    }),
  );
});

test('reads back what it wrote, from any alignment', () => {
  fc.assert(
    fc.property(anySamples, anyOrder, fc.nat({ max: 7 }), (samples, byteOrder, shift) => {
      const memory = new Uint8Array(2 * samples.length + 8);
      const place = memory.subarray(shift, shift + 2 * samples.length);
      expect(encodeL16(samples, byteOrder, place)).toBe(place);
      expect(decodeL16(place, byteOrder)).toEqual(samples);
    }),
  );
});

test('writes into the array it is given and cuts a longer one', () => {
  const samples = Int16Array.of(1, 2, 3);
  const into = new Int16Array(3);
  expect(decodeL16(encodeL16(samples, 'big-endian'), 'big-endian', into)).toBe(into);
  expect(into).toEqual(samples);
  expect(encodeL16(samples, 'big-endian', new Uint8Array(20))).toHaveLength(6);
  expect(decodeL16(new Uint8Array(6), 'big-endian', new Int16Array(20))).toHaveLength(3);
});

test('refuses half a sample with a typed error', () => {
  expect(() => decodeL16(new Uint8Array(321), 'little-endian')).toThrow(AudioFormatError);
});

test('refuses an array that is too short', () => {
  expect(() => encodeL16(new Int16Array(160), 'big-endian', new Uint8Array(319))).toThrow(
    RangeError,
  );
  expect(() => decodeL16(new Uint8Array(320), 'big-endian', new Int16Array(159))).toThrow(
    RangeError,
  );
});
