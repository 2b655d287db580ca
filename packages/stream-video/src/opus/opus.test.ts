import type { SampleRate } from '@phone-agents/core';
import { samplesPerFrame } from '@phone-agents/core';
import { toneShare } from '@phone-agents/core/testing';
import { encodeFrames, loudness, toneFrames } from '../test-support/sounds.ts';
import { OpusDecoder } from './opus-decoder.ts';
import { OpusEncoder } from './opus-encoder.ts';
import { OpusError, loadOpus } from './opus-library.ts';

const RATES: readonly SampleRate[] = [8000, 16000, 24000, 48000];

function joined(pieces: readonly Int16Array[]): Int16Array {
  const result = new Int16Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    result.set(piece, at);
    at += piece.length;
  }
  return result;
}

test.each(RATES.flatMap((from) => RATES.map((to) => [from, to] as const)))(
  'a tone encoded at %i Hz is the same tone decoded at %i Hz',
  async (from, to) => {
    const opus = await loadOpus();
    const packets = encodeFrames(opus, toneFrames(440, from, 50));
    const decoder = new OpusDecoder(opus, to);
    const decoded = packets.map((packet) => decoder.decode(packet).slice());
    decoder.close();
    expect(new Set(decoded.map(({ length }) => length))).toEqual(new Set([samplesPerFrame(to)]));
    const settled = joined(decoded.slice(10));
    expect(toneShare(settled, to, 440)).toBeGreaterThan(0.98);
    expect(loudness(settled)).toBeGreaterThan(5_000);
    expect(loudness(settled)).toBeLessThan(6_300);
  },
);

test('a lost packet is concealed by what was heard before it', async () => {
  const opus = await loadOpus();
  const packets = encodeFrames(opus, toneFrames(440, 16000, 20));
  const decoder = new OpusDecoder(opus, 16000);
  for (const packet of packets) decoder.decode(packet);
  const concealed = decoder.conceal(320).slice();
  decoder.close();
  expect(concealed).toHaveLength(320);
  expect(toneShare(concealed, 16000, 440)).toBeGreaterThan(0.8);
});

test('a lost packet is recovered from the next one, where that repeats it', async () => {
  const opus = await loadOpus();
  // The sound begins in the lost packet, so nothing before it tells what was in it.
  const silence = toneFrames(440, 16000, 20).map((frame) => ({
    ...frame,
    samples: new Int16Array(320),
  }));
  const [lost, next] = toneFrames(440, 16000, 2);
  const packets = encodeFrames(opus, [...silence, lost!, next!], 30);
  const heard = (recover: boolean): number => {
    const decoder = new OpusDecoder(opus, 16000);
    for (const packet of packets.slice(0, 20)) decoder.decode(packet);
    const level = loudness(recover ? decoder.recover(packets[21]!, 320) : decoder.conceal(320));
    decoder.close();
    return level;
  };
  expect(heard(false)).toBeLessThan(100);
  expect(heard(true)).toBeGreaterThan(1_000);
});

test('what is no packet is refused, and does no harm', async () => {
  const opus = await loadOpus();
  const [packet] = encodeFrames(opus, toneFrames(440, 16000, 1));
  const decoder = new OpusDecoder(opus, 16000);
  for (const wrong of [new Uint8Array(0), new Uint8Array(5_000), Uint8Array.of(0x03, 0xff)]) {
    expect(() => decoder.decode(wrong)).toThrow(OpusError);
  }
  expect(decoder.decode(packet!)).toHaveLength(320);
  decoder.close();
});

test('memory of those that are closed is used again', async () => {
  const opus = await loadOpus();
  const round = (): void => {
    const encoder = new OpusEncoder(opus, {
      sampleRate: 48000,
      bitrate: 32_000,
      complexity: 0,
      expectedLossPercent: 0,
    });
    const decoder = new OpusDecoder(opus, 48000);
    decoder.decode(encoder.encode(new Int16Array(960)));
    for (const coder of [encoder, decoder]) {
      coder.close();
      coder.close();
    }
  };
  round();
  const before = opus.exports.memory.buffer.byteLength;
  // Each round takes some 50 kB: without giving them back this would need 50 MB.
  for (let i = 0; i < 1_000; i++) round();
  expect(opus.exports.memory.buffer.byteLength).toBe(before);
});

test('many at a time grow the memory, and those from before go on', async () => {
  const opus = await loadOpus();
  const options = {
    sampleRate: 16000,
    bitrate: 32_000,
    complexity: 0,
    expectedLossPercent: 0,
  } as const;
  const first = new OpusEncoder(opus, options);
  const before = opus.exports.memory.buffer.byteLength;
  const others: OpusEncoder[] = [];
  while (opus.exports.memory.buffer.byteLength === before) {
    others.push(new OpusEncoder(opus, options));
  }
  const packet = first.encode(toneFrames(440, 16000, 1)[0]!.samples);
  expect(packet.length).toBeGreaterThan(10);
  for (const encoder of [first, ...others]) encoder.close();
});
