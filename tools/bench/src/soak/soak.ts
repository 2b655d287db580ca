import { setTimeout as pause } from 'node:timers/promises';
import { queryObjects } from 'node:v8';
import type { CallEndReason, LocalEdge, Phone } from '@phone-agents/core';
import { createLocalEdge, createPhone } from '@phone-agents/core';
import type { PhoneServer } from '@phone-agents/express';
import { servePhone } from '@phone-agents/express';
import type { TwilioCarrier } from '@phone-agents/simulator';
import { createTwilioCarrier } from '@phone-agents/simulator';
import { createTwilioProvider } from '@phone-agents/twilio';
import { collectGarbage } from '../collect-garbage.ts';
import { ShiftedClock } from './shifted-clock.ts';
import type { SoakScenario } from './soak-scenario.ts';

/** Longer than ended calls are remembered, so that batches can be compared. */
const TOMBSTONES_MS = 11 * 60_000;
/** How much the heap may differ from one batch to the next: code that is compiled as it gets hot, most of all. */
const HEAP_NOISE_BYTES = 1024 * 1024;
/** Time for sockets to finish closing. */
const SETTLE_MS = 10_000;

export interface SoakOptions {
  readonly scenario: SoakScenario;
  readonly callsPerBatch: number;
  readonly atOnce: number;
  readonly batches: number;
  readonly print: (line: string) => void;
}

interface Leftovers {
  readonly heapBytes: number;
  /** Handles of the process, and objects of the classes that are watched, by name. */
  readonly counts: Counts;
}

type Counts = Readonly<Record<string, number>>;

function countResources(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** Measures when as little is left as `before`, or when sockets have had their time to close. */
async function measure(
  server: PhoneServer,
  kinds: readonly (new () => object)[],
  before?: Leftovers,
): Promise<Leftovers> {
  for (let waited = 0; waited < SETTLE_MS; waited += 250) {
    await pause(250);
    // Connections that wait for the carrier's next webhook are a pool, not a leak.
    server.server.closeIdleConnections();
    if (before && moreThan(before.counts, countResources()).length === 0) break;
  }
  collectGarbage();
  await pause(10);
  collectGarbage();
  const objects = kinds.map((kind) => [kind.name, queryObjects(kind, { format: 'count' })]);
  return {
    heapBytes: process.memoryUsage().heapUsed,
    counts: { ...countResources(), ...(Object.fromEntries(objects) as Counts) },
  };
}

function moreThan(before: Counts, counts: Counts): string[] {
  const more: string[] = [];
  for (const [name, count] of Object.entries(counts)) {
    const extra = count - (before[name] ?? 0);
    if (extra > 0) more.push(`${extra} more of ${name} than before`);
  }
  return more;
}

async function batch(
  carrier: TwilioCarrier,
  phone: Phone,
  { scenario, callsPerBatch, atOnce }: SoakOptions,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < callsPerBatch) await scenario.oneCall({ carrier, phone }, next++);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  await untilIdle(phone);
}

async function untilIdle(phone: Phone): Promise<void> {
  for (let waited = 0; phone.calls.activeCount > 0 && waited < 15_000; waited += 50)
    await pause(50);
}

function compare(before: Leftovers, after: Leftovers, phone: Phone, edge: LocalEdge): string[] {
  const failures: string[] = [];
  if (phone.calls.activeCount > 0) failures.push(`${phone.calls.activeCount} calls are left`);
  if (edge.callCount > 0) failures.push(`${edge.callCount} edge calls are left`);
  failures.push(...moreThan(before.counts, after.counts));
  return failures;
}

/** Runs it and tells what was left, one sentence each; an empty list is what is hoped for. */
export async function runSoak(options: SoakOptions): Promise<string[]> {
  const { scenario } = options;
  const clock = new ShiftedClock();
  const edge = createLocalEdge();
  // The carrier remembers its calls for its REST interface: each batch gets a new one, at the same place.
  let carrier = await createTwilioCarrier({ record: false });
  const { accountSid, authToken, apiBaseUrl } = carrier;
  const port = Number(new URL(apiBaseUrl).port);
  const phone = createPhone({
    provider: createTwilioProvider({ accountSid, authToken, apiBaseUrl }),
    edge,
    answer: scenario.answer,
    telemetry: scenario.telemetry,
    destinations: scenario.destinations,
    clock,
  });
  const ends = new Map<CallEndReason, number>();
  const kinds = new Set<object>();
  phone.on('call-created', ({ call }) => kinds.add(call.constructor));
  phone.on('call-ended', ({ end }) => ends.set(end.reason, (ends.get(end.reason) ?? 0) + 1));
  const server = await servePhone(phone, { port: 0, host: '127.0.0.1' });
  const failures: string[] = [];
  const runBatch = async (calls: number): Promise<Leftovers> => {
    carrier.configureNumber({ webhookUrl: server.url });
    await batch(carrier, phone, { ...options, callsPerBatch: calls });
    // What is remembered of ended calls is forgotten when the next call ends.
    clock.putForward(TOMBSTONES_MS);
    await scenario.oneCall({ carrier, phone }, 0);
    await untilIdle(phone);
    await carrier.close();
    const watched = [...kinds, ...(scenario.kinds?.() ?? [])] as (new () => object)[];
    const after = await measure(server, watched, before);
    carrier = await createTwilioCarrier({ record: false, accountSid, authToken, port });
    return after;
  };
  let before: Leftovers | undefined;
  try {
    // Said first, so that the output's own pipe is there when sockets are counted.
    options.print(`warming up; then ${options.batches} batches of ${options.callsPerBatch} calls`);
    // Loads modules, compiles code and fills pools.
    before = await runBatch(Math.min(options.callsPerBatch, options.atOnce * 2));
    const heaps: number[] = [];
    for (let round = 1; round <= options.batches; round++) {
      const startedAt = performance.now();
      const after = await runBatch(options.callsPerBatch);
      heaps.push(after.heapBytes);
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      const heap = (after.heapBytes / 1024 / 1024).toFixed(2);
      options.print(`batch ${round}: ${seconds} s, heap ${heap} MB`);
      failures.push(
        ...compare(before, after, phone, edge).map((text) => `batch ${round}: ${text}`),
      );
    }
    const slope = heaps.at(-1)! - heaps[0]!;
    options.print(`heap, last batch against first: ${(slope / 1024).toFixed(0)} kB`);
    options.print(`ends: ${[...ends].map(([reason, count]) => `${count} ${reason}`).join(', ')}`);
    if (slope > HEAP_NOISE_BYTES) failures.push('memory grows from batch to batch');
  } finally {
    await phone.close();
    await server.close();
    await carrier.close();
  }
  return failures;
}
