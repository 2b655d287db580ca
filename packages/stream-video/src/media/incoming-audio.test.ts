import type { AudioFrame } from '@phone-agents/core';
import { copyAudioFrame } from '@phone-agents/core';
import { ManualClock, toneShare } from '@phone-agents/core/testing';
import type { OpusLibrary } from '../opus/opus-library.ts';
import { loadOpus } from '../opus/opus-library.ts';
import { encodeFrames, loudness, toneFrames } from '../test-support/sounds.ts';
import { IncomingAudio } from './incoming-audio.ts';
import type { OrderedPacket } from './packet-order.ts';

const TONE = 440;
const FRAME = 320;

let opus: OpusLibrary;
let clock: ManualClock;
let audio: IncomingAudio;
let frames: AudioFrame[];

beforeAll(async () => {
  opus = await loadOpus();
});

beforeEach(() => {
  clock = new ManualClock();
  frames = [];
  audio = newAudio();
});

afterEach(() => {
  audio.close();
  expect(clock.timerCount).toBe(0);
});

function newAudio(): IncomingAudio {
  const onFrame = (frame: AudioFrame): void => {
    frames.push(copyAudioFrame(frame));
  };
  return new IncomingAudio({ opus, clock, sampleRate: 16000, onFrame });
}

/** Packets of a tone, as a sender numbers them. */
function packetsOf(
  count: number,
  firstNumber = 65_530,
  firstTimestamp = 0xffff_f000,
): OrderedPacket[] {
  return encodeFrames(opus, toneFrames(TONE, 16000, count), 5).map((payload, index) => ({
    sequenceNumber: (firstNumber + index) & 0xffff,
    timestamp: (firstTimestamp + index * 960) >>> 0,
    payload,
  }));
}

async function receive(packets: readonly OrderedPacket[], everyMs = 20): Promise<void> {
  for (const packet of packets) {
    audio.receive(packet);
    await clock.advance(everyMs);
  }
}

function timestamps(): number[] {
  return frames.map(({ timestampSamples }) => timestampSamples / FRAME);
}

function heard(from = 0): Int16Array {
  const samples = new Int16Array((frames.length - from) * FRAME);
  frames.slice(from).forEach((frame, index) => samples.set(frame.samples, index * FRAME));
  return samples;
}

function count(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

test('packets in order become frames at once, over the wrap of numbers and timestamps', async () => {
  const packets = packetsOf(20);
  for (const [index, packet] of packets.entries()) {
    audio.receive(packet);
    expect(frames).toHaveLength(index + 1);
    await clock.advance(20);
  }
  expect(timestamps()).toEqual(count(0, 20));
  expect(toneShare(heard(5), 16000, TONE)).toBeGreaterThan(0.95);
});

test('packets out of order are put in order', async () => {
  const packets = packetsOf(20);
  [packets[8], packets[9]] = [packets[9]!, packets[8]!];
  [packets[12], packets[13]] = [packets[13]!, packets[12]!];
  await receive(packets, 10);
  expect(timestamps()).toEqual(count(0, 20));
  expect(toneShare(heard(5), 16000, TONE)).toBeGreaterThan(0.95);
});

test('lost packets are concealed, as soon as they are given up', async () => {
  const packets = packetsOf(30);
  const lost = new Set([10, 15, 16]);
  await receive(packets.filter((_, index) => !lost.has(index)));
  expect(timestamps()).toEqual(count(0, 30));
  for (const index of lost) expect(loudness(frames[index]!.samples)).toBeGreaterThan(2_000);
  expect(toneShare(heard(5), 16000, TONE)).toBeGreaterThan(0.8);
});

test('what is missing is waited for no longer than listeners wait themselves', async () => {
  const packets = packetsOf(12);
  await receive(packets.slice(0, 10));
  expect(audio.playoutDelayMs).toBe(40);
  audio.receive(packets[11]!);
  await clock.advance(19);
  expect(frames).toHaveLength(10);
  await clock.advance(1);
  expect(timestamps()).toEqual(count(0, 12));
  audio.receive(packets[10]!);
  expect(frames).toHaveLength(12);
});

test('a longer loss is concealed for 100 ms, and is silence then', async () => {
  const packets = packetsOf(40);
  await receive([...packets.slice(0, 10), ...packets.slice(30)]);
  expect(timestamps()).toEqual([...count(0, 15), ...count(30, 40)]);
});

test('a pause of the sender is a hole in the media time, not a loss', async () => {
  const packets = packetsOf(20).map((packet, index) =>
    index < 10 ? packet : { ...packet, timestamp: (packet.timestamp + 50 * 960) >>> 0 },
  );
  await receive(packets);
  expect(timestamps()).toEqual([...count(0, 10), ...count(60, 70)]);
});

test('a source that stopped counting is later by its silence, and not late', async () => {
  const packets = packetsOf(30);
  await receive(packets.slice(0, 10));
  const delayMs = audio.playoutDelayMs;
  await clock.advance(5_000);
  await receive(packets.slice(10));
  expect(timestamps()).toEqual([...count(0, 10), ...count(260, 280)]);
  expect(audio.playoutDelayMs).toBe(delayMs);
});

test('of a loss at a pause only what was sent is concealed', async () => {
  const packets = packetsOf(20)
    .map((packet, index) =>
      index < 12 ? packet : { ...packet, timestamp: (packet.timestamp + 50 * 960) >>> 0 },
    )
    .filter((_, index) => index !== 10 && index !== 11);
  await receive(packets);
  expect(timestamps()).toEqual([...count(0, 12), ...count(62, 70)]);
});

test('another stream of the same source goes on in its media time, later by the silence between', async () => {
  await receive(packetsOf(10));
  await clock.advance(300);
  audio.changeStream();
  await receive(packetsOf(10, 500, 123_456));
  expect(timestamps().slice(0, 10)).toEqual(count(0, 10));
  expect(timestamps()[10]).toBe(25);
  expect(timestamps().slice(10)).toEqual(count(25, 35));
  expect(toneShare(heard(15), 16000, TONE)).toBeGreaterThan(0.95);
});

test('one who comes back goes on in the media time', async () => {
  await receive(packetsOf(10));
  const continues = audio.end;
  audio.close();
  await clock.advance(1_000);
  audio = new IncomingAudio({
    opus,
    clock,
    sampleRate: 16000,
    onFrame: (frame) => frames.push(copyAudioFrame(frame)),
    continues,
  });
  await receive(packetsOf(5));
  expect(timestamps().slice(10)).toEqual(count(60, 65));
});

test('after a reset what was under way is not heard, but the next word is', async () => {
  const packets = packetsOf(30);
  await receive(packets.slice(0, 10));
  audio.reset();
  await receive(packets.slice(10, 14));
  expect(frames).toHaveLength(10);
  const nextWord = packets
    .slice(14)
    .map((packet) => ({ ...packet, timestamp: (packet.timestamp + 20 * 960) >>> 0 }));
  await receive(nextWord);
  expect(timestamps()).toEqual([...count(0, 10), ...count(34, 50)]);
});

test('after a reset a source that never pauses is heard again soon', async () => {
  const packets = packetsOf(40);
  await receive(packets.slice(0, 10));
  audio.reset();
  await receive(packets.slice(10));
  expect(timestamps()).toEqual([...count(0, 10), ...count(25, 40)]);
});

test('packets of 10 and 60 ms become frames of 20', () => {
  const [packet] = packetsOf(1);
  // Three frames of SILK in one packet: code 3 of RFC 6716, section 3.2.5, constant bitrate.
  const [toc, ...frame] = packet!.payload;
  const threeFrames = Uint8Array.of(toc! | 0x03, 0x03, ...frame, ...frame, ...frame);
  audio.receive({ ...packet!, payload: threeFrames });
  expect(timestamps()).toEqual([0, 1, 2]);
});

test('what is no Opus is concealed', async () => {
  const packets = packetsOf(10);
  packets[5] = { ...packets[5]!, payload: Uint8Array.of(0x03, 0xff) };
  await receive(packets);
  expect(timestamps()).toEqual(count(0, 10));
});

test('a sender whose clock jumps is followed from where it is', async () => {
  const packets = packetsOf(20).map((packet, index) =>
    index < 10 ? packet : { ...packet, timestamp: (packet.timestamp + 1_000_000_000) >>> 0 },
  );
  await receive(packets);
  expect(timestamps()).toEqual(count(0, 20));
});

test('what comes after closing is dropped', async () => {
  await receive(packetsOf(3));
  audio.close();
  audio.close();
  audio.reset();
  await receive(packetsOf(3));
  expect(frames).toHaveLength(3);
});
