import { setTimeout as pause } from 'node:timers/promises';
import type { EdgeTransport } from '@phone-agents/core';
import { collectGarbage } from '../collect-garbage.ts';

const WARM_UP_ROUNDS = 10;
/** Stream's SDK forgets its timers, and sockets that are kept for reuse close, within this time. */
const SETTLE_MS = 20_000;
const SAMPLE_RATE = 8000;
/** What the heap may differ by between two measurements: its own noise after a collection. */
const HEAP_NOISE_BYTES = 3 * 1024 * 1024;

export interface StreamSoakOptions {
  readonly rounds: number;
  readonly print: (line: string) => void;
}

interface Leftovers {
  readonly heapBytes: number;
  readonly resources: Readonly<Record<string, number>>;
}

function countResources(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function moreThan(before: Leftovers, resources: Leftovers['resources']): string[] {
  return Object.entries(resources).flatMap(([name, count]) => {
    const extra = count - (before.resources[name] ?? 0);
    return extra > 0 ? [`${extra} more of ${name} than before`] : [];
  });
}

async function measure(before?: Leftovers): Promise<Leftovers> {
  for (let waited = 0; waited < SETTLE_MS; waited += 250) {
    await pause(250);
    if (before && moreThan(before, countResources()).length === 0) break;
  }
  collectGarbage();
  await pause(10);
  collectGarbage();
  return { heapBytes: process.memoryUsage().heapUsed, resources: countResources() };
}

/** Two join one call, speak and leave again. */
async function round(edge: EdgeTransport, index: number): Promise<void> {
  const call = await edge.createCall({ id: `soak-${index}` });
  const connections = [
    await call.join({ id: `a${index}` }, { sampleRate: SAMPLE_RATE }),
    await call.join({ id: `b${index}` }, { sampleRate: SAMPLE_RATE }),
  ];
  const samples = new Int16Array(SAMPLE_RATE / 50);
  for (let frame = 0; frame < 5; frame++) {
    for (const connection of connections) {
      const timestampSamples = frame * samples.length;
      connection.publish({ samples, sampleRate: SAMPLE_RATE, timestampSamples });
    }
    await pause(20);
  }
  // Some leave, some are in the call when it ends.
  if (index % 2 === 0) await Promise.all(connections.map((connection) => connection.leave()));
  await call.end();
}

/** Joins and leaves so often, and tells what was left; an empty list is what is hoped for. */
export async function runStreamSoak(
  edge: EdgeTransport,
  { rounds, print }: StreamSoakOptions,
): Promise<string[]> {
  print(`warming up; then ${rounds} rounds of joining and leaving a call on Stream`);
  let index = 0;
  const repeat = async (count: number): Promise<void> => {
    for (const end = index + count; index < end; index++) await round(edge, index);
  };
  await repeat(WARM_UP_ROUNDS);
  const before = await measure();
  const half = Math.ceil(rounds / 2);
  await repeat(half);
  const middle = await measure(before);
  await repeat(rounds - half);
  const after = await measure(before);
  const slope = after.heapBytes - middle.heapBytes;
  const toMegabytes = (bytes: number): string => (bytes / 1024 / 1024).toFixed(2);
  print(
    `heap after warming up, half and all of them: ${[before, middle, after].map(({ heapBytes }) => toMegabytes(heapBytes)).join(', ')} MB`,
  );
  print(`left open: ${JSON.stringify(after.resources)}`);
  const failures = moreThan(before, after.resources);
  if (slope > HEAP_NOISE_BYTES) failures.push(`memory grows: ${toMegabytes(slope)} MB more`);
  return failures;
}
