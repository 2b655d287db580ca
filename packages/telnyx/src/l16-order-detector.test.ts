import type { ByteOrder } from '@phone-agents/core';
import { encodeL16 } from '@phone-agents/core';
import fc from 'fast-check';
import { L16OrderDetector } from './l16-order-detector.ts';

const RATE = 16000;

/** A voice as far as it matters here: a few partials whose loudness comes and goes. */
function voice(frame: number, amplitude: number): Int16Array {
  return Int16Array.from({ length: 320 }, (_value, index) => {
    const seconds = (frame * 320 + index) / RATE;
    const partial = (hz: number): number => Math.sin(2 * Math.PI * hz * seconds) / 3;
    return amplitude * (0.6 + 0.4 * partial(3)) * (partial(140) + partial(700) + partial(2300));
  });
}

function verdict(thought: ByteOrder, really: ByteOrder, frames: readonly Int16Array[]): number {
  const detector = new L16OrderDetector(thought);
  return frames.filter((samples) => detector.isWrong(encodeL16(samples, really))).length;
}

const speech = (amplitude: number, count = 100): Int16Array[] =>
  Array.from({ length: count }, (_value, frame) => voice(frame, amplitude));

describe.each<ByteOrder>(['little-endian', 'big-endian'])('audio that is thought %s', (thought) => {
  const other = thought === 'little-endian' ? 'big-endian' : 'little-endian';

  test.each([30_000, 3_000, 300, 30])(
    'in the other order is known, once, at amplitude %d',
    (amplitude) => {
      expect(verdict(thought, other, speech(amplitude))).toBe(1);
    },
  );

  test.each([30_000, 3_000, 300, 30])(
    'in that order is left alone, at amplitude %d',
    (amplitude) => {
      expect(verdict(thought, thought, speech(amplitude))).toBe(0);
    },
  );

  test('silence and noise decide nothing', () => {
    const silence = Array.from({ length: 100 }, () => new Int16Array(320));
    expect(verdict(thought, other, silence)).toBe(0);
    const noise = fc.sample(fc.int16Array({ minLength: 320, maxLength: 320 }), {
      numRuns: 100,
      seed: 7,
    });
    expect(verdict(thought, other, noise)).toBe(0);
  });

  test('the line’s own faint noise is enough to know it', () => {
    const faint = Array.from({ length: 100 }, (_value, frame) =>
      Int16Array.from(
        { length: 320 },
        (_sample, index) => (((frame * 320 + index) * 7919) % 5) - 2,
      ),
    );
    expect(verdict(thought, other, faint)).toBe(1);
    expect(verdict(thought, thought, faint)).toBe(0);
  });

  test('it says so after half a second of sound, silence not counted', () => {
    const detector = new L16OrderDetector(thought);
    const wrong = [...Array.from({ length: 50 }, () => new Int16Array(320)), ...speech(3_000)];
    expect(wrong.findIndex((samples) => detector.isWrong(encodeL16(samples, other)))).toBe(74);
  });
});

test('takes pieces of any length', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array()), (pieces) => {
      const detector = new L16OrderDetector('little-endian');
      for (const piece of pieces) expect(typeof detector.isWrong(piece)).toBe('boolean');
    }),
  );
});
