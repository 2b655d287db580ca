import { createResampler, decodeWav, type SampleRate } from '@phone-agents/core';

const RATES: readonly number[] = [8000, 16000, 24000, 48000];

/**
 * Makes what a caller says from a WAV file: mono, 16-bit samples at the call's rate.
 *
 * @param phoneRate Rate of the call; default 8000 Hz.
 * @throws TypeError where the sample rate is none of 8, 16, 24 and 48 kHz; else what `decodeWav` throws.
 */
export function decodeCallerAudio(wav: Uint8Array, phoneRate: SampleRate = 8000): Int16Array {
  const { sampleRate, channels } = decodeWav(wav);
  if (!RATES.includes(sampleRate)) {
    throw new TypeError(
      `The audio has ${sampleRate} Hz; a caller speaks with 8000, 16000, 24000 or 48000 Hz. Convert it, for example with: ffmpeg -i in.wav -ar 16000 out.wav`,
    );
  }
  const mono = mixDown(channels);
  if (sampleRate === phoneRate) return mono;
  const resampler = createResampler(sampleRate as SampleRate, phoneRate);
  // Whole frames, and one more for what the filter still holds at the end.
  const frame = sampleRate / 50;
  const padded = new Int16Array((Math.ceil(mono.length / frame) + 1) * frame);
  padded.set(mono);
  return resampler.process(padded).slice();
}

function mixDown(channels: readonly Int16Array[]): Int16Array {
  const [first = new Int16Array(0), ...others] = channels;
  if (others.length === 0) return first;
  return first.map((sample, i) => {
    const sum = others.reduce((total, channel) => total + (channel[i] ?? 0), sample);
    return Math.round(sum / channels.length);
  });
}
