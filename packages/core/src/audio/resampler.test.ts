import fc from 'fast-check';
import { AudioFormatError } from '../errors.ts';
import { samplesPerFrame, type SampleRate } from './audio-frame.ts';
import { createResampler, type Resampler } from './resampler.ts';

const RATES: SampleRate[] = [8000, 16000, 24000, 48000];
const PAIRS = RATES.flatMap((from) => RATES.map((to) => ({ from, to })));

/** Repeatable noise at full scale. */
function noise(length: number): Int16Array {
  let state = 12_345;
  return new Int16Array(length).map(() => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 16) - 32_768;
  });
}

function pieces(resampler: Resampler, input: Int16Array, lengths: number[]): Int16Array {
  const output = new Int16Array((input.length * resampler.toRate) / resampler.fromRate);
  let [at, written] = [0, 0];
  for (const length of [...lengths, input.length]) {
    const resampled = resampler.process(input.subarray(at, at + length));
    output.set(resampled, written);
    written += resampled.length;
    at += length;
  }
  expect(written).toBe(output.length);
  return output;
}

/** Jest's `toEqual` takes a second for arrays of this size. */
function sameBits(one: Int16Array, other: Int16Array): boolean {
  return one.length === other.length && one.every((value, i) => value === other[i]);
}

describe.each(PAIRS)('from $from to $to Hz', ({ from, to }) => {
  test('gives exactly one 20 ms frame for one 20 ms frame, from the first on', () => {
    const resampler = createResampler(from, to);
    const frame = noise(samplesPerFrame(from));
    for (let i = 0; i < 5; i++) {
      expect(resampler.process(frame)).toHaveLength(samplesPerFrame(to));
    }
  });

  test('gives the same bits however the stream is cut', () => {
    const { inputMultiple } = createResampler(from, to);
    const input = noise(samplesPerFrame(from) * 4);
    const whole = createResampler(from, to).process(input);
    expect(whole).toHaveLength((input.length * to) / from);
    const most = input.length / inputMultiple;
    const anyCut = fc.array(fc.nat({ max: Math.floor(most / 5) }), { maxLength: 5 });
    fc.assert(
      fc.property(anyCut, (steps) => {
        const lengths = steps.map((step) => step * inputMultiple);
        expect(sameBits(pieces(createResampler(from, to), input, lengths), whole)).toBe(true);
      }),
      { numRuns: 30 },
    );
    const frames = Array.from({ length: 3 }, () => samplesPerFrame(from));
    expect(sameBits(pieces(createResampler(from, to), input, frames), whole)).toBe(true);
  });

  test('forgets the past on reset', () => {
    const used = createResampler(from, to);
    used.process(noise(samplesPerFrame(from)));
    used.reset();
    const silence = new Int16Array(samplesPerFrame(from));
    expect(used.process(silence).every((value) => value === 0)).toBe(true);
    const fresh = createResampler(from, to);
    fresh.process(silence);
    const sound = noise(samplesPerFrame(from)).reverse();
    expect([...used.process(sound)]).toEqual([...fresh.process(sound)]);
  });

  test('two resamplers of a kind share no history', () => {
    const one = createResampler(from, to);
    const other = createResampler(from, to);
    one.process(noise(samplesPerFrame(from)));
    expect(other.process(new Int16Array(samplesPerFrame(from))).every((v) => v === 0)).toBe(true);
  });

  test('holds sound that overshoots at the limits instead of wrapping around', () => {
    // A square wave of 50 Hz at full scale: every filter overshoots at its edges.
    const half = from / 100;
    const input = new Int16Array(half * 20).map((_, i) =>
      i % (2 * half) < half ? 32_767 : -32_768,
    );
    const resampler = createResampler(from, to);
    const output = resampler.process(input);
    const outputHalf = to / 100;
    const settle = Math.ceil(resampler.delaySamples * 2) + 1;
    for (let start = 0; start < output.length; start += outputHalf) {
      const plateau = output.subarray(start + settle, start + outputHalf);
      const high = (start / outputHalf) % 2 === 0;
      expect(plateau.every((value) => (high ? value > 30_000 : value < -30_000))).toBe(true);
    }
    expect(output.reduce((max, value) => Math.max(max, value), 0)).toBe(32_767);
    expect(output.reduce((min, value) => Math.min(min, value), 0)).toBe(-32_768);
  });

  test('gives a constant for a constant', () => {
    const resampler = createResampler(from, to);
    const level = new Int16Array(samplesPerFrame(from)).fill(-12_345);
    resampler.process(level);
    expect(new Set(resampler.process(level))).toEqual(new Set([-12_345]));
  });

  test('takes no samples, and gives none', () => {
    expect(createResampler(from, to).process(new Int16Array(0))).toHaveLength(0);
  });
});

test.each([
  { from: 8000, to: 48000, multiple: 1 },
  { from: 16000, to: 24000, multiple: 2 },
  { from: 16000, to: 8000, multiple: 2 },
  { from: 24000, to: 16000, multiple: 3 },
  { from: 48000, to: 8000, multiple: 6 },
] as const)('from $from to $to Hz takes multiples of $multiple samples only', (pair) => {
  const resampler = createResampler(pair.from, pair.to);
  expect(resampler.inputMultiple).toBe(pair.multiple);
  resampler.process(new Int16Array(pair.multiple * 7));
  for (let length = 1; length < pair.multiple; length++) {
    expect(() => resampler.process(new Int16Array(pair.multiple * 7 + length))).toThrow(RangeError);
  }
});

test('a refused piece leaves the stream as it was', () => {
  const input = noise(1920);
  const disturbed = createResampler(48000, 8000);
  const first = [...disturbed.process(input.subarray(0, 960))];
  expect(() => disturbed.process(input.subarray(0, 5))).toThrow(RangeError);
  const second = [...disturbed.process(input.subarray(960))];
  expect([...first, ...second]).toEqual([...createResampler(48000, 8000).process(input)]);
});

test('the result is borrowed: frames of one length come back in the same array', () => {
  const resampler = createResampler(8000, 16000);
  const result = resampler.process(noise(160));
  expect(resampler.process(noise(160))).toBe(result);
  expect(resampler.process(noise(1600))).toHaveLength(3200);
  const afterLonger = resampler.process(noise(160));
  expect(resampler.process(noise(160))).toBe(afterLonger);
});

test('between equal rates the samples themselves come back', () => {
  const samples = noise(160);
  const resampler = createResampler(8000, 8000);
  expect(resampler.process(samples)).toBe(samples);
  expect(resampler.delaySamples).toBe(0);
});

test('refuses other rates and names those that it knows', () => {
  const create = () => createResampler(44_100 as SampleRate, 48_000);
  expect(create).toThrow(AudioFormatError);
  expect(create).toThrow(/8000, 16000, 24000, 48000/);
  expect(() => createResampler(8000, 11_025 as SampleRate)).toThrow(AudioFormatError);
});
