import { encodeWav } from '@phone-agents/core';
import { decodeCallerAudio } from './caller-audio.ts';

function tone(sampleRate: number, count: number, amplitude = 8_000): Int16Array {
  return Int16Array.from({ length: count }, (_, i) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * 440 * i) / sampleRate)),
  );
}

test('8 kHz mono is taken as it is', () => {
  const samples = tone(8000, 1_234);
  expect(decodeCallerAudio(encodeWav({ sampleRate: 8000, channels: [samples] }))).toEqual(samples);
});

test.each([16000, 24000, 48000])('%i Hz becomes 8 kHz, whole and as loud', (sampleRate) => {
  const wav = encodeWav({ sampleRate, channels: [tone(sampleRate, sampleRate + 7)] });
  const samples = decodeCallerAudio(wav);
  expect(samples.length).toBeGreaterThanOrEqual(8_000);
  expect(samples.length).toBeLessThanOrEqual(8_400);
  expect(Math.max(...samples)).toBeGreaterThan(7_900);
  expect(Math.max(...samples)).toBeLessThan(8_100);
});

test('channels are mixed', () => {
  const left = new Int16Array(160).fill(1_000);
  const right = new Int16Array(160).fill(3_000);
  const wav = encodeWav({ sampleRate: 8000, channels: [left, right] });
  expect(new Set(decodeCallerAudio(wav))).toEqual(new Set([2_000]));
});

test('another rate is refused with advice', () => {
  const wav = encodeWav({ sampleRate: 44_100, channels: [new Int16Array(10)] });
  expect(() => decodeCallerAudio(wav)).toThrow(/44100 Hz.*ffmpeg/);
});
