import type { SampleRate } from './audio-frame.ts';
import { samplesPerFrame } from './audio-frame.ts';
import { createResampler } from './resampler.ts';

/**
 * A whole sound at another rate; between equal rates the sound itself. It is filled up with silence to full
 * frames of 20 ms, and by one more, in which the filter gives what it holds back. Of a sound that goes on, resample
 * piece by piece with `createResampler`.
 */
export function resampleAll(samples: Int16Array, from: SampleRate, to: SampleRate): Int16Array {
  if (from === to) return samples;
  const frame = samplesPerFrame(from);
  const padded = new Int16Array((Math.ceil(samples.length / frame) + 1) * frame);
  padded.set(samples);
  return createResampler(from, to).process(padded).slice();
}
