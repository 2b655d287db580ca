import {
  createResampler,
  decodeAlaw,
  decodeMulaw,
  encodeAlaw,
  encodeMulaw,
  samplesPerFrame,
  type SampleRate,
} from '@phone-agents/core';
import alawmulaw from 'alawmulaw';
import speex from 'speex-resampler';
import { describeResult, runContest, type Contest } from './interleaved.ts';
import type { Suite } from './suite.ts';

/** Speex's own scale goes to 10; 5 is what live audio is commonly run at. */
const SPEEX_QUALITY = 5;
const FRAMES = 50;

/** A second of something like a voice, as frames: a wandering buzz with overtones, loud and soft, and some breath. */
function voice(sampleRate: SampleRate): Int16Array[] {
  const length = samplesPerFrame(sampleRate);
  let phase = 0;
  let seed = 1;
  return Array.from({ length: FRAMES }, (_, frame) => {
    const loudness = 9_000 * Math.sin((Math.PI * frame) / FRAMES) ** 2;
    return new Int16Array(length).map((_, i) => {
      const time = frame / 50 + i / sampleRate;
      phase += (2 * Math.PI * (140 + 30 * Math.sin(9 * time))) / sampleRate;
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      const buzz = Math.sin(phase) + Math.sin(3 * phase) / 2 + Math.sin(9 * phase) / 4;
      return loudness * buzz + (seed / 2 ** 32 - 0.5) * 400;
    });
  });
}

/** Gives the frames one after the other, for ever. */
function cycle<T>(frames: readonly T[]): () => T {
  let at = -1;
  return () => {
    at = at + 1 < frames.length ? at + 1 : 0;
    return frames[at]!;
  };
}

function g711Contests(): Contest[] {
  const frames = voice(8000);
  const bytes = new Uint8Array(160);
  const samples = new Int16Array(160);
  const laws = [
    { name: 'mu-law', encode: encodeMulaw, decode: decodeMulaw, peer: alawmulaw.mulaw },
    { name: 'A-law', encode: encodeAlaw, decode: decodeAlaw, peer: alawmulaw.alaw },
  ];
  return laws.flatMap(({ name, encode, decode, peer }): Contest[] => {
    const encoded = frames.map((frame) => encode(frame));
    const [oursIn, theirsIn] = [cycle(frames), cycle(frames)];
    const [oursCoded, theirsCoded] = [cycle(encoded), cycle(encoded)];
    const musts = {
      unit: 'frame',
      mustBeTimesCheaper: { alawmulaw: 4 },
      budgetMicroseconds: 0.6,
    };
    return [
      {
        title: `${name}, encode 160 samples`,
        contestants: [
          { name: 'ours', run: () => encode(oursIn(), bytes) },
          { name: 'alawmulaw', run: () => peer.encode(theirsIn()) },
        ],
        ...musts,
      },
      {
        title: `${name}, decode 160 bytes`,
        contestants: [
          { name: 'ours', run: () => decode(oursCoded(), samples) },
          { name: 'alawmulaw', run: () => peer.decode(theirsCoded()) },
        ],
        ...musts,
      },
    ];
  });
}

const RESAMPLING: readonly { from: SampleRate; to: SampleRate; budgetMicroseconds?: number }[] = [
  { from: 8000, to: 16000, budgetMicroseconds: 9 },
  { from: 16000, to: 8000, budgetMicroseconds: 9 },
  { from: 8000, to: 48000, budgetMicroseconds: 27 },
  { from: 48000, to: 8000, budgetMicroseconds: 27 },
  { from: 8000, to: 24000 },
  { from: 24000, to: 8000 },
  { from: 16000, to: 24000 },
  { from: 24000, to: 16000 },
  { from: 16000, to: 48000 },
  { from: 48000, to: 16000 },
  { from: 24000, to: 48000 },
  { from: 48000, to: 24000 },
];

function resamplerContests(): Contest[] {
  return RESAMPLING.map(({ from, to, budgetMicroseconds }): Contest => {
    const frames = voice(from);
    const buffers = frames.map((frame) => Buffer.from(frame.buffer));
    const [oursIn, theirsIn] = [cycle(frames), cycle(buffers)];
    const ours = createResampler(from, to);
    const theirs = new speex.default(1, from, to, SPEEX_QUALITY);
    requireSound(
      frames.map((frame) => ours.process(frame).slice()),
      to,
    );
    requireSound(
      buffers.map((buffer) => samplesOf(theirs.processChunk(buffer))),
      to,
    );
    return {
      title: `resample ${from / 1000} to ${to / 1000} kHz`,
      unit: 'frame',
      contestants: [
        { name: 'ours', run: () => ours.process(oursIn()) },
        { name: `speex-resampler q${SPEEX_QUALITY}`, run: () => theirs.processChunk(theirsIn()) },
      ],
      budgetMicroseconds,
    };
  });
}

function samplesOf(bytes: Buffer): Int16Array {
  return new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
}

/** A contestant that does not do the work would win: of a second of voice, a second of voice must come out. */
function requireSound(frames: readonly Int16Array[], rate: SampleRate): void {
  let length = 0;
  let energy = 0;
  for (const frame of frames) {
    length += frame.length;
    for (const sample of frame) energy += sample * sample;
  }
  const level = Math.sqrt(energy / length);
  if (Math.abs(length - rate) > rate / 50 || level < 2_000 || level > 6_000) {
    throw new Error(`Not a resampled voice: ${length} samples at ${rate} Hz, level ${level}.`);
  }
}

/** Codecs and resampling, per 20 ms frame, against what the npm registry offers. */
export const audioSuite: Suite = {
  title: 'G.711 against alawmulaw, resampling against Speex in WebAssembly; 20 ms frames',
  run: async (print) => {
    await speex.default.initPromise;
    return [...g711Contests(), ...resamplerContests()].flatMap((contest) => {
      const result = runContest(contest);
      for (const line of describeResult(result)) print(line);
      return result.verdicts.map((verdict) => ({
        ...verdict,
        text: `${contest.title}: ${verdict.text}`,
      }));
    });
  },
};
