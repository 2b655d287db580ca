import type { AudioFrame, SampleRate } from '@phone-agents/core';
import { samplesPerFrame } from '@phone-agents/core';
import { ToneGenerator } from '@phone-agents/core/testing';
import { OpusEncoder } from '../opus/opus-encoder.ts';
import type { OpusLibrary } from '../opus/opus-library.ts';

/** 20 ms frames of a tone, each of its own memory. */
export function toneFrames(
  frequencyHz: number,
  sampleRate: SampleRate,
  count: number,
): readonly AudioFrame[] {
  const tone = new ToneGenerator(frequencyHz, sampleRate);
  const length = samplesPerFrame(sampleRate);
  return Array.from({ length: count }, (_, index) => ({
    samples: tone.fill(new Int16Array(length)),
    sampleRate,
    timestampSamples: index * length,
  }));
}

/** The frames as Opus packets, each of its own memory. */
export function encodeFrames(
  opus: OpusLibrary,
  frames: readonly AudioFrame[],
  expectedLossPercent = 0,
): readonly Uint8Array[] {
  const encoder = new OpusEncoder(opus, {
    sampleRate: frames[0]?.sampleRate ?? 16000,
    bitrate: 32_000,
    complexity: 5,
    expectedLossPercent,
  });
  try {
    return frames.map(({ samples }) => encoder.encode(samples).slice());
  } finally {
    encoder.close();
  }
}

/** How loud sound is: the root of its mean square. */
export function loudness(samples: Int16Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.sqrt(sum / Math.max(1, samples.length));
}
