import fc from 'fast-check';
import { base64Capacity, decodeBase64 } from './base64.ts';

function decode(text: string, prefix = ''): Uint8Array | undefined {
  const data = Buffer.from(prefix + text, 'utf8');
  const from = Buffer.byteLength(prefix);
  const into = new Uint8Array(base64Capacity(data.length - from));
  const length = decodeBase64(data, from, data.length, into);
  return length < 0 ? undefined : into.subarray(0, length);
}

test('decodes whatever Buffer encodes, wherever it stands', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.string(), (bytes, prefix) => {
      expect(decode(Buffer.from(bytes).toString('base64'), prefix)).toEqual(bytes);
    }),
  );
});

test('refuses every text that has a character outside the alphabet', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 60 }),
      fc.nat(),
      fc.integer({ min: 0, max: 255 }),
      (bytes, place, character) => {
        const data = Buffer.from(Buffer.from(bytes).toString('base64'), 'latin1');
        const at = place % data.length;
        data[at] = character;
        const into = new Uint8Array(base64Capacity(data.length));
        const length = decodeBase64(data, 0, data.length, into);
        const isCanonical = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(
          data.toString('latin1'),
        );
        expect(length >= 0).toBe(isCanonical);
      },
    ),
    { numRuns: 1000 },
  );
});

test.each([
  'A',
  'AA',
  'AAA',
  'AA=A',
  '=AAA',
  'A===',
  '====',
  'AAAA====',
  'AA==AAAA',
  'AA-_',
  'AA A',
  'ÄAA',
])('refuses %p', (text) => {
  expect(decode(text)).toBeUndefined();
});

test('gives no bytes for an empty text', () => {
  expect(decode('')).toEqual(new Uint8Array(0));
});

test('writes nothing into a buffer that is too short', () => {
  const into = new Uint8Array(5);
  expect(decodeBase64(Buffer.from('AQIDBAUG'), 0, 8, into)).toBe(-1);
  expect(into).toEqual(new Uint8Array(5));
});
