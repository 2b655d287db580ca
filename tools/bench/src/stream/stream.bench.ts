import { setTimeout as pause } from 'node:timers/promises';
import type { EdgeCall, EdgeConnection, EdgeTransport, SampleRate } from '@phone-agents/core';
import { samplesPerFrame, sharedTicker, systemClock } from '@phone-agents/core';
import { ToneGenerator } from '@phone-agents/core/testing';
import { collectGarbage } from '../collect-garbage.ts';
import { processCpuMicroseconds } from '../interleaved.ts';
import type { Suite } from '../suite.ts';
import { measureDelays } from './one-way-delay.ts';
import { StandinProcess } from './standin-process.ts';

const PAIRS = 3;
const SECONDS = 8;
const WARM_UP_MS = 3_000;
const DELAYS = 40;

interface Cost {
  /** Of one participant that sends and hears one other, in ms a second of audio. */
  readonly cpuMs: number;
  readonly megabytes: number;
  /** Frames that came, of those that should. */
  readonly arrived: number;
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

async function measureCost(edge: EdgeTransport, name: string, rate: SampleRate): Promise<Cost> {
  const idle = liveBytes();
  const calls: EdgeCall[] = [];
  const connections: EdgeConnection[] = [];
  let frames = 0;
  for (let pair = 0; pair < PAIRS; pair++) {
    const call = await edge.createCall({ id: `bench-${name}-${pair}` });
    calls.push(call);
    for (const side of ['a', 'b']) {
      const connection = await call.join({ id: `${name}-${pair}-${side}` }, { sampleRate: rate });
      connection.onAudio(() => frames++);
      connections.push(connection);
    }
  }
  const stops = connections.map(speak);
  await pause(WARM_UP_MS);
  const before = { cpu: processCpuMicroseconds(), frames, at: performance.now() };
  await pause(SECONDS * 1000);
  const cpu = processCpuMicroseconds() - before.cpu;
  const seconds = (performance.now() - before.at) / 1000;
  const arrived = (frames - before.frames) / (connections.length * seconds * 50);
  const bytes = liveBytes() - idle;
  for (const stop of stops) stop();
  await Promise.all(calls.map((call) => call.end()));
  return {
    cpuMs: cpu / 1000 / seconds / connections.length,
    megabytes: bytes / connections.length / 1024 / 1024,
    arrived,
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** What a participant in a Stream call costs this process, and how late its sound is. */
export const streamSuite: Suite = {
  title: `${2 * PAIRS} participants in ${PAIRS} calls, each sending and hearing one other; the media server is another process`,
  run: async (print) => {
    const standin = await StandinProcess.start();
    try {
      // Loads modules and compiles code.
      await measureCost(standin.edge, 'warm', 8000);
      const phone = await measureCost(standin.edge, 'phone', 8000);
      const agent = await measureCost(standin.edge, 'agent', 16000);
      const delays = await measureDelays(standin.edge, DELAYS);
      for (const [what, { cpuMs, megabytes, arrived }] of [
        ['phone, 8 kHz ', phone],
        ['agent, 16 kHz', agent],
      ] as const) {
        print(
          `  ${what}  ${cpuMs.toFixed(1)} ms CPU a second of audio, ${megabytes.toFixed(1)} MB, ` +
            `${(arrived * 100).toFixed(1)} % of the frames came in time`,
        );
      }
      const delay = median(delays);
      const slowest = Math.max(...delays).toFixed(0);
      print(
        `  one way, phone to listener at 48 kHz: median ${delay.toFixed(0)} ms, at most ${slowest} ms`,
      );
      const verdicts = [
        {
          text: `CPU per phone participant, must be at most 25 ms a second: ${phone.cpuMs.toFixed(1)} ms`,
          held: phone.cpuMs <= 25,
          binding: false,
        },
        {
          text: `memory per phone participant, must be at most 9 MB: ${phone.megabytes.toFixed(1)} MB`,
          held: phone.megabytes <= 9,
          binding: false,
        },
        {
          text: `one way, with codec and jitter buffer, must be at most 80 ms: ${delay.toFixed(0)} ms`,
          held: delay <= 80,
          binding: false,
        },
      ];
      for (const { text, held } of verdicts)
        print(`  ${text}, ${held ? 'pass' : 'over budget (machine?)'}`);
      return verdicts;
    } finally {
      await standin.stop();
    }
  },
};
