import type { SampleRate } from './audio-frame.ts';
import { samplesPerFrame } from './audio-frame.ts';
import { createResampler, type Resampler } from './resampler.ts';

const RATES: SampleRate[] = [8000, 16000, 24000, 48000];
const PAIRS = RATES.flatMap((from) =>
  RATES.filter((to) => to !== from).map((to) => ({ from, to, low: Math.min(from, to) })),
);
const AMPLITUDE = 30_000;

/** A tone of ten frames. */
function tone(rate: number, hertz: number, amplitude = AMPLITUDE): Int16Array {
  const samples = new Int16Array((rate / 50) * 10);
  return samples.map((_, i) => Math.round(amplitude * Math.sin((2 * Math.PI * hertz * i) / rate)));
}

function resample(resampler: Resampler, input: Int16Array): Int16Array {
  const frame = samplesPerFrame(resampler.fromRate);
  const output = new Int16Array((input.length * resampler.toRate) / resampler.fromRate);
  for (let at = 0, to = 0; at < input.length; at += frame) {
    const resampled = resampler.process(input.subarray(at, at + frame));
    output.set(resampled, to);
    to += resampled.length;
  }
  return output;
}

interface Fit {
  readonly gain: number;
  /** How much later than at the input, in samples, within one period. */
  readonly delay: number;
  readonly signalToNoiseDb: number;
  /** What is left when the tone is taken away, from the third frame on. */
  readonly residual: Float64Array;
}

/** Finds the tone of this frequency by least squares; two frames are left out, until the filter is full. */
function fitTone(output: Int16Array, rate: number, hertz: number): Fit {
  const first = (rate / 50) * 2;
  const omega = (2 * Math.PI * hertz) / rate;
  let [ss, cc, sc, ys, yc] = [0, 0, 0, 0, 0];
  for (let i = first; i < output.length; i++) {
    const s = Math.sin(omega * i);
    const c = Math.cos(omega * i);
    ss += s * s;
    cc += c * c;
    sc += s * c;
    ys += output[i]! * s;
    yc += output[i]! * c;
  }
  const determinant = ss * cc - sc * sc;
  const a = (ys * cc - yc * sc) / determinant;
  const b = (yc * ss - ys * sc) / determinant;
  const residual = new Float64Array(output.length - first).map((_, k) => {
    const i = k + first;
    return output[i]! - a * Math.sin(omega * i) - b * Math.cos(omega * i);
  });
  const amplitude = Math.hypot(a, b);
  return {
    gain: amplitude / AMPLITUDE,
    delay: Math.atan2(-b, a) / omega,
    signalToNoiseDb: 20 * Math.log10(amplitude / Math.SQRT2 / rms(residual)),
    residual,
  };
}

function rms(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! ** 2;
  return Math.sqrt(sum / values.length);
}

function range(from: number, to: number, step: number): number[] {
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);
}

describe.each(PAIRS)('from $from to $to Hz', ({ from, to, low }) => {
  // The telephone band's figures hold at 8 kHz; between wider bands they hold for the wider band.
  const scale = low / 8000;
  const measured = new Map<number, Fit>();
  const measure = (hertz: number): Fit => {
    let fit = measured.get(hertz);
    if (fit === undefined) {
      fit = fitTone(resample(createResampler(from, to), tone(from, hertz)), to, hertz);
      measured.set(hertz, fit);
    }
    return fit;
  };
  const passBand = [...range(300, 2900, 260), 1037, ...range(2900, 3400, 50)];
  passBand.push(...range(3400, 3400 * scale, 850));

  test('keeps tones from 300 Hz to the end of the band within 0.1 dB', () => {
    const deviations = passBand.map((hertz) => Math.abs(20 * Math.log10(measure(hertz).gain)));
    expect(Math.max(...deviations)).toBeLessThan(0.01);
  });

  test('keeps noise, distortion and images of those tones 80 dB below them', () => {
    const ratios = passBand.map((hertz) => measure(hertz).signalToNoiseDb);
    expect(Math.min(...ratios)).toBeGreaterThan(80);
  });

  test('delays every tone by delaySamples, at most 2.5 ms', () => {
    const { delaySamples } = createResampler(from, to);
    expect((delaySamples / to) * 1000).toBeLessThanOrEqual(2.5);
    // These periods are longer than twice the delay, so that it cannot be mistaken.
    for (const hertz of [137, 150, 199]) {
      expect(measure(hertz).delay).toBeCloseTo(delaySamples, 2);
    }
  });

  test('gives frame edges as smooth as interiors', () => {
    const frame = samplesPerFrame(to);
    // 1 kHz would fit a frame exactly and hide clicks.
    const { residual } = measure(1037);
    const atEdge = residual.filter((_, i) => i % frame < 3 || i % frame >= frame - 3);
    const inside = residual.filter((_, i) => i % frame >= 3 && i % frame < frame - 3);
    const loudest = (values: Float64Array) =>
      values.reduce((max, v) => Math.max(max, Math.abs(v)), 0);
    expect(rms(atEdge)).toBeLessThan(1.5 * rms(inside));
    expect(loudest(atEdge)).toBeLessThan(1.2 * loudest(inside));
  });

  test('lets a sweep of the band through late and otherwise unchanged', () => {
    const seconds = 0.4;
    const [start, end] = [300, 3400 * scale];
    const sweep = (time: number) =>
      Math.sin(2 * Math.PI * (start * time + ((end - start) / (2 * seconds)) * time * time));
    const input = new Int16Array(from * seconds).map((_, i) =>
      Math.round(20_000 * sweep(i / from)),
    );
    const resampler = createResampler(from, to);
    const output = resample(resampler, input);
    const settled = samplesPerFrame(to);
    const error = Float64Array.from(output.subarray(settled), (value, k) => {
      return value - 20_000 * sweep((k + settled - resampler.delaySamples) / to);
    });
    expect(20 * Math.log10(20_000 / Math.SQRT2 / rms(error))).toBeGreaterThan(75);
  });

  if (from > to) {
    const aliasDb = (hertz: number) => {
      const input = tone(from, hertz);
      const output = resample(createResampler(from, to), input);
      const settled = output.subarray(2 * samplesPerFrame(to));
      return 20 * Math.log10(rms(settled) / rms(input));
    };

    test('keeps aliases of tones beyond the band down: 60 dB from 4.6 kHz, 80 dB from 5 kHz', () => {
      const near = range(4600 * scale, 5000 * scale, 100 * scale).map(aliasDb);
      expect(Math.max(...near)).toBeLessThan(-60);
      const far = [...range(5000 * scale, from / 2 - 10, 391), from / 2 - 10].map(aliasDb);
      expect(Math.max(...far)).toBeLessThan(-80);
    });
  }
});

test('there and back again, the telephone band is kept within 0.1 dB and 77 dB above the noise', () => {
  for (const middle of [16000, 24000, 48000] as const) {
    for (const hertz of range(300, 3400, 620)) {
      const wide = resample(createResampler(8000, middle), tone(8000, hertz));
      const fit = fitTone(resample(createResampler(middle, 8000), wide), 8000, hertz);
      expect(Math.abs(20 * Math.log10(fit.gain))).toBeLessThan(0.02);
      expect(fit.signalToNoiseDb).toBeGreaterThan(77);
    }
  }
});
