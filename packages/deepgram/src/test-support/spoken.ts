import type { SpeechToTextStream } from '@phone-agents/agent';
import { decodeTones, encodeTones } from '@phone-agents/agent/testing';
import type { SampleRate } from '@phone-agents/core';

interface SayOptions {
  readonly sampleRate?: SampleRate;
  readonly silenceMs?: number;
}

/** What the stand-in understands: words that are tones. */
export const hearTones = (samples: Int16Array, sampleRate: number): string =>
  decodeTones(samples, sampleRate as SampleRate);

/** Writes a sentence in frames, and silence behind it. */
export function say(
  stream: SpeechToTextStream,
  text: string,
  { sampleRate = 8_000, silenceMs = 100 }: SayOptions = {},
): void {
  write(stream, encodeTones(text, sampleRate), sampleRate);
  write(stream, new Int16Array((silenceMs * sampleRate) / 1000), sampleRate);
}

/** Writes samples in frames of 20 ms; the last is filled with silence. */
export function write(
  stream: SpeechToTextStream,
  samples: Int16Array,
  sampleRate: SampleRate = 8_000,
): void {
  const length = sampleRate / 50;
  const frame = new Int16Array(length);
  for (let at = 0; at < samples.length; at += length) {
    frame.fill(0);
    frame.set(samples.subarray(at, at + length));
    stream.write({ samples: frame, sampleRate, timestampSamples: at });
  }
}

/** Waits for something that happens on its own, over real sockets. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}
