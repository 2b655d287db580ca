import type { AudioFrame, SampleRate } from '@phone-agents/core';
import { createResampler, decodeMulaw, encodeMulaw } from '@phone-agents/core';

const FRAME_SAMPLES = 320;

export function joinSamples(...parts: readonly Int16Array[]): Int16Array {
  const joined = new Int16Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

export function silence(durationMs: number, sampleRate = 16_000): Int16Array {
  return new Int16Array((durationMs * sampleRate) / 1000);
}

/** Adds white noise of a root mean square; the same for the same seed. */
export function addNoise(samples: Int16Array, level: number, seed = 1): Int16Array {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  // The sum of twelve has a variance of one.
  const gaussian = () => Array.from({ length: 12 }, next).reduce((sum, each) => sum + each, 0);
  return samples.map((sample) =>
    Math.max(-32768, Math.min(32767, Math.round(sample + gaussian() * level))),
  );
}

/** Root mean square of what is not silent. */
export function speechLevel(samples: Int16Array): number {
  const loud = samples.filter((sample) => Math.abs(sample) > 100);
  return Math.sqrt(loud.reduce((sum, sample) => sum + sample * sample, 0) / loud.length);
}

/** What a telephone call makes of sound at 16 kHz, at 16 kHz again: 8 kHz and mu-law between. */
export function throughTelephone(samples: Int16Array): Int16Array {
  const down = createResampler(16_000, 8_000);
  const up = createResampler(8_000, 16_000);
  const padded = new Int16Array(Math.ceil(samples.length / FRAME_SAMPLES) * FRAME_SAMPLES);
  padded.set(samples);
  const heard = new Int16Array(padded.length);
  for (let at = 0; at < padded.length; at += FRAME_SAMPLES) {
    const narrow = down.process(padded.subarray(at, at + FRAME_SAMPLES));
    heard.set(up.process(decodeMulaw(encodeMulaw(narrow))), at);
  }
  return heard;
}

/** Writes sound as frames of 20 ms that share one buffer, which is overwritten after each. */
export function writeFrames(
  stream: { write(frame: AudioFrame): void },
  samples: Int16Array,
  options: { readonly startSamples?: number; readonly sampleRate?: SampleRate } = {},
): void {
  const borrowed = new Int16Array(FRAME_SAMPLES);
  for (let at = 0; at + FRAME_SAMPLES <= samples.length; at += FRAME_SAMPLES) {
    borrowed.set(samples.subarray(at, at + FRAME_SAMPLES));
    stream.write({
      samples: borrowed,
      sampleRate: options.sampleRate ?? 16_000,
      timestampSamples: (options.startSamples ?? 0) + at,
    });
    borrowed.fill(12_345);
  }
}

/** Words that must be changed, added or left out to make one list of words from another. */
export function wordErrors(expected: readonly string[], heard: readonly string[]): number {
  let row = heard.map((_, index) => index + 1);
  row.unshift(0);
  expected.forEach((word, index) => {
    const next = [index + 1];
    heard.forEach((other, at) => {
      next.push(
        Math.min(
          (row[at + 1] as number) + 1,
          (next[at] as number) + 1,
          (row[at] as number) + (word === other ? 0 : 1),
        ),
      );
    });
    row = next;
  });
  return row.at(-1) as number;
}
