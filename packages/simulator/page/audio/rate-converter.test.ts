import { RateConverter } from './rate-converter.ts';

function tone(rate: number, hertz: number, seconds: number): Float32Array {
  return Float32Array.from({ length: rate * seconds }, (_, n) =>
    Math.sin((2 * Math.PI * hertz * n) / rate),
  );
}

/** Converts in pieces as small as an audio worklet's, and returns all of it. */
function convert(from: number, to: number, input: Float32Array): Float32Array {
  const converter = new RateConverter(from, to);
  const output: number[] = [];
  for (let at = 0; at < input.length; at += 128) {
    output.push(...converter.process(input.subarray(at, at + 128)));
  }
  return Float32Array.from(output);
}

/** Amplitude of a tone, and what else there is, in the second half of a sound. */
function analyse(sound: Float32Array, rate: number, hertz: number): [tone: number, rest: number] {
  const part = sound.subarray(rate / 2, rate);
  let sine = 0;
  let cosine = 0;
  part.forEach((sample, n) => {
    sine += (2 * sample * Math.sin((2 * Math.PI * hertz * n) / rate)) / part.length;
    cosine += (2 * sample * Math.cos((2 * Math.PI * hertz * n) / rate)) / part.length;
  });
  const amplitude = Math.hypot(sine, cosine);
  const power = part.reduce((sum, sample) => sum + sample * sample, 0) / part.length;
  return [amplitude, Math.sqrt(Math.max(0, power - amplitude ** 2 / 2))];
}

test.each([
  [48_000, 8_000],
  [44_100, 8_000],
  [44_100, 16_000],
  [8_000, 48_000],
  [8_000, 44_100],
  [16_000, 44_100],
  [8_000, 8_000],
])('a tone of speech keeps its level and stays pure from %i to %i Hz', (from, to) => {
  const output = convert(from, to, tone(from, 1_000, 1.1));
  expect(Math.abs(output.length - 1.1 * to)).toBeLessThan(to / 100);
  const [amplitude, rest] = analyse(output, to, 1_000);
  expect(amplitude).toBeCloseTo(1, 2);
  expect(rest).toBeLessThan(0.003);
});

test.each([48_000, 44_100])(
  'what 8 kHz cannot hold is gone: no echo of 5 kHz at 3 kHz, from %i Hz',
  (from) => {
    const output = convert(from, 8_000, tone(from, 5_000, 1.1));
    const [alias, rest] = analyse(output, 8_000, 3_000);
    expect(alias + rest).toBeLessThan(0.003);
  },
);

test('pieces of any size give the same as one', () => {
  const input = tone(44_100, 700, 0.2);
  const whole = new RateConverter(44_100, 8_000).process(input);
  expect(convert(44_100, 8_000, input)).toEqual(whole);
});
