import type { SampleRate } from '@phone-agents/core';

/** One byte of text is a burst of two tones, then a pause: 60 ms, about the pace of speech. */
export const BURST_MS = 40;
export const PAUSE_MS = 20;
const AMPLITUDE = 7_000;
/** A burst begins and ends at this level, averaged over {@link ENVELOPE_MS}. */
const THRESHOLD = 1_200;
const ENVELOPE_MS = 2.5;
/** A dip that is shorter is a seam between two resamplers, not a pause. */
const LONGEST_DIP_MS = 7.5;
/** Bursts that are shorter were cut off, or are noise. */
const SHORTEST_BURST_MS = 25;
/** Less of a burst's energy than this in two tones: it is a noise. */
const LEAST_PURITY = 0.6;
/** Only so much of the middle of a burst is read: in 30 ms all tones below are whole periods apart. */
const READ_MS = 30;
/**
 * The four high bits of a byte, then the four low ones, of each the tone of one voice and of the
 * other in turn; all within the telephone band.
 */
const HIGH_BITS_HZ = Array.from({ length: 32 }, (_, index) => 400 + 50 * index);
const LOW_BITS_HZ = Array.from({ length: 32 }, (_, index) => 2_000 + (130 / 3) * index);

/** Two voices whose tones differ, so that one is never taken for the echo of the other. */
export type ToneVoice = 'agent' | 'caller';

/** Turns text into sound that survives telephone codecs and resampling. */
export function encodeTones(
  text: string,
  sampleRate: SampleRate,
  voice: ToneVoice = 'agent',
): Int16Array {
  const shift = voice === 'agent' ? 0 : 1;
  const bytes = new TextEncoder().encode(text);
  const burst = (BURST_MS * sampleRate) / 1000;
  const step = burst + (PAUSE_MS * sampleRate) / 1000;
  const samples = new Int16Array(bytes.length * step);
  bytes.forEach((byte, index) => {
    const first = (2 * Math.PI * HIGH_BITS_HZ[(byte >> 4) * 2 + shift]!) / sampleRate;
    const second = (2 * Math.PI * LOW_BITS_HZ[(byte & 15) * 2 + shift]!) / sampleRate;
    for (let i = 0; i < burst; i++) {
      const value = AMPLITUDE * (Math.sin(first * i) + Math.sin(second * i));
      samples[index * step + i] = Math.round(value);
    }
  });
  return samples;
}

/** Reads the text back out of sound; silence between bursts may be of any length. */
export function decodeTones(samples: Int16Array, sampleRate: SampleRate): string {
  return new TextDecoder().decode(readTones(samples, sampleRate));
}

/** {@link decodeTones} for sound that comes in pieces: the bytes of the text, which a piece may cut. */
export function readTones(samples: Int16Array, sampleRate: SampleRate): Uint8Array {
  const bytes = findBursts(samples, sampleRate).map((middle) => {
    const length = (READ_MS * sampleRate) / 1000;
    const from = Math.max(0, Math.min(samples.length - length, Math.round(middle - length / 2)));
    const piece = samples.subarray(from, from + length);
    const high = loudest(piece, HIGH_BITS_HZ, sampleRate);
    const low = loudest(piece, LOW_BITS_HZ, sampleRate);
    const isTone = high.power + low.power >= LEAST_PURITY * energyOf(piece);
    return isTone ? [((high.index >> 1) << 4) | (low.index >> 1)] : [];
  });
  return Uint8Array.from(bytes.flat());
}

/** The middle of each burst, in samples. */
function findBursts(samples: Int16Array, sampleRate: SampleRate): number[] {
  const window = (ENVELOPE_MS * sampleRate) / 1000;
  const longestDip = (LONGEST_DIP_MS * sampleRate) / 1000;
  const shortest = (SHORTEST_BURST_MS * sampleRate) / 1000;
  const middles: number[] = [];
  let start = 0;
  let end = Number.NEGATIVE_INFINITY;
  for (let at = 0; at + window <= samples.length; at += window) {
    if (level(samples, at, window) <= THRESHOLD) continue;
    if (at - end > longestDip) {
      if (end - start >= shortest) middles.push((start + end) / 2);
      start = at;
    }
    end = at + window;
  }
  if (end - start >= shortest) middles.push((start + end) / 2);
  return middles;
}

function level(samples: Int16Array, from: number, length: number): number {
  let sum = 0;
  for (let i = from; i < from + length; i++) sum += Math.abs(samples[i]!);
  return sum / length;
}

interface Tone {
  readonly index: number;
  /** Its share of the samples' energy, on the scale of {@link energyOf}. */
  readonly power: number;
}

function loudest(samples: Int16Array, tonesHz: readonly number[], sampleRate: SampleRate): Tone {
  let best: Tone = { index: 0, power: -1 };
  tonesHz.forEach((hz, index) => {
    const power = (2 * goertzel(samples, (2 * Math.PI * hz) / sampleRate)) / samples.length;
    if (power > best.power) best = { index, power };
  });
  return best;
}

function energyOf(samples: Int16Array): number {
  let energy = 0;
  for (const sample of samples) energy += sample * sample;
  return energy;
}

/** Power of one frequency, given in radians a sample (Goertzel's algorithm). */
function goertzel(samples: Int16Array, omega: number): number {
  const coefficient = 2 * Math.cos(omega);
  let last = 0;
  let beforeLast = 0;
  for (const sample of samples) {
    const value = sample + coefficient * last - beforeLast;
    beforeLast = last;
    last = value;
  }
  return last * last + beforeLast * beforeLast - coefficient * last * beforeLast;
}
