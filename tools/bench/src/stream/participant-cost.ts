import { setTimeout as pause } from 'node:timers/promises';
import type { EdgeCall, EdgeConnection, EdgeTransport, SampleRate } from '@phone-agents/core';
import { samplesPerFrame, sharedTicker, systemClock } from '@phone-agents/core';
import { ToneGenerator } from '@phone-agents/core/testing';
import { collectGarbage } from '../collect-garbage.ts';
import { processCpuMicroseconds } from '../interleaved.ts';
import type { DatagramFloor } from './datagram-floor.ts';

const SECONDS = 5;
const WARM_UP_MS = 6_000;

/** What one participant costs that sends and hears one other. */
export interface ParticipantCost {
  /** CPU of this process in ms, a second of audio. */
  readonly cpuMs: number;
  /** Frames that came, of those that should. */
  readonly arrived: number;
}

let calls = 0;

/** Of participants in pairs, each pair a call; all of them are in this process. */
export function measureParticipants(
  edge: EdgeTransport,
  sampleRate: SampleRate,
  pairs: number,
): Promise<ParticipantCost> {
  let frames = 0;
  return whileSpeaking(
    edge,
    sampleRate,
    pairs,
    () => frames++,
    async () => {
      const cpuMs = await measureCpu(2 * pairs, () => (frames = 0));
      return { cpuMs, arrived: frames / (2 * pairs * SECONDS * 50) };
    },
  );
}

/**
 * What a participant keeps alive, in MB. Measured apart from the CPU: collecting garbage throws away
 * compiled code too.
 */
export async function measureMegabytes(
  edge: EdgeTransport,
  sampleRate: SampleRate,
  pairs: number,
): Promise<number> {
  const idleBytes = liveBytes();
  return whileSpeaking(
    edge,
    sampleRate,
    pairs,
    () => {},
    async () => {
      await pause(WARM_UP_MS);
      return (liveBytes() - idleBytes) / (2 * pairs) / 1024 / 1024;
    },
  );
}

/** What `measure` gives while all speak and hear; then they leave. */
async function whileSpeaking<Result>(
  edge: EdgeTransport,
  sampleRate: SampleRate,
  pairs: number,
  onFrame: () => void,
  measure: () => Promise<Result>,
): Promise<Result> {
  const opened: EdgeCall[] = [];
  const stops: (() => void)[] = [];
  try {
    for (let pair = 0; pair < pairs; pair++) {
      const call = await edge.createCall({ id: `bench-${calls++}` });
      opened.push(call);
      for (const id of ['a', 'b']) {
        const connection = await call.join({ id }, { sampleRate });
        connection.onAudio(onFrame);
        stops.push(speak(connection));
      }
    }
    return await measure();
  } finally {
    for (const stop of stops) stop();
    await Promise.all(opened.map((call) => call.end()));
  }
}

/** What their packets alone cost, in ms of CPU a second, of one participant. */
export async function measureFloor(floor: DatagramFloor, pairs: number): Promise<number> {
  const stop = await floor.run(2 * pairs);
  const cpuMs = await measureCpu(2 * pairs);
  stop();
  return cpuMs;
}

async function measureCpu(participants: number, onStart?: () => void): Promise<number> {
  await pause(WARM_UP_MS);
  onStart?.();
  const [cpuBefore, startedAtMs] = [processCpuMicroseconds(), performance.now()];
  await pause(SECONDS * 1000);
  const seconds = (performance.now() - startedAtMs) / 1000;
  return (processCpuMicroseconds() - cpuBefore) / 1000 / seconds / participants;
}

/** Speaks until it is stopped; frames are made beforehand, for they are not what is measured. */
function speak(connection: EdgeConnection): () => void {
  const { sampleRate } = connection;
  const tone = new ToneGenerator(440, sampleRate);
  const frames = Array.from({ length: 50 }, () =>
    tone.fill(new Int16Array(samplesPerFrame(sampleRate))),
  );
  let index = 0;
  return sharedTicker(systemClock).subscribe(() => {
    const samples = frames[index % frames.length]!;
    connection.publish({ samples, sampleRate, timestampSamples: index++ * samples.length });
  });
}

/** What is alive, on the heap and beside it. */
function liveBytes(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
