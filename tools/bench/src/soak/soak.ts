import { setTimeout as pause } from 'node:timers/promises';
import type { CallEndReason, LocalEdge, Phone } from '@phone-agents/core';
import { createLocalEdge, createPhone } from '@phone-agents/core';
import type { PhoneServer } from '@phone-agents/express';
import { servePhone } from '@phone-agents/express';
import type { TwilioCarrier } from '@phone-agents/simulator';
import { createTwilioCarrier } from '@phone-agents/simulator';
import { createTwilioProvider } from '@phone-agents/twilio';
import { collectGarbage } from '../collect-garbage.ts';
import { echoParticipant } from './echo-participant.ts';
import { ShiftedClock } from './shifted-clock.ts';

const BATCHES = 3;
/** Longer than ended calls are remembered, so that batches can be compared. */
const TOMBSTONES_MS = 11 * 60_000;
/** How much the heap may differ from one batch to the next: its own noise after a collection. */
const HEAP_NOISE_BYTES = 2 * 1024 * 1024;
/** Time for sockets to finish closing. */
const SETTLE_MS = 10_000;

export interface SoakOptions {
  readonly callsPerBatch: number;
  readonly atOnce: number;
  readonly print: (line: string) => void;
}

interface Leftovers {
  readonly heapBytes: number;
  readonly resources: Readonly<Record<string, number>>;
}

/** Ways for a call to end; calls take them in turn. */
const ENDINGS = ['caller hangs up', 'we hang up', 'media drops', 'hung up while ringing'] as const;

function countResources(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** Measures when as little is left as `before`, or when sockets have had their time to close. */
async function measure(server: PhoneServer, before?: Leftovers): Promise<Leftovers> {
  for (let waited = 0; waited < SETTLE_MS; waited += 250) {
    await pause(250);
    // Connections that wait for the carrier's next webhook are a pool, not a leak.
    server.server.closeIdleConnections();
    if (before && moreThan(before, countResources()).length === 0) break;
  }
  collectGarbage();
  await pause(10);
  collectGarbage();
  return { heapBytes: process.memoryUsage().heapUsed, resources: countResources() };
}

function moreThan(before: Leftovers, resources: Leftovers['resources']): string[] {
  const more: string[] = [];
  for (const [name, count] of Object.entries(resources)) {
    const extra = count - (before.resources[name] ?? 0);
    if (extra > 0) more.push(`${extra} more of ${name} than before`);
  }
  return more;
}

async function oneCall(carrier: TwilioCarrier, phone: Phone, index: number): Promise<void> {
  const ending = ENDINGS[index % ENDINGS.length];
  const placed = await carrier.placeCall();
  if (ending === 'hung up while ringing') {
    await pause(index % 5);
    placed.hangUp();
    await placed.ended;
    return;
  }
  if (!(await placed.connected)) throw new Error('A call was not connected.');
  await pause(100 + (index % 7) * 20);
  if (ending === 'caller hangs up') placed.hangUp();
  else if (ending === 'media drops') {
    placed.dropMedia();
    await pause(100);
    placed.hangUp();
  } else {
    await phone.calls.findByProviderCallId('twilio', placed.providerCallId)?.hangUp();
  }
  await placed.ended;
}

async function batch(
  carrier: TwilioCarrier,
  phone: Phone,
  { callsPerBatch, atOnce }: SoakOptions,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < callsPerBatch) await oneCall(carrier, phone, next++);
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
  failures.push(...moreThan(before, after.resources));
  return failures;
}

/** Runs it and tells what was left, one sentence each; an empty list is what is hoped for. */
export async function runSoak(options: SoakOptions): Promise<string[]> {
  const clock = new ShiftedClock();
  const edge = createLocalEdge();
  // The carrier remembers its calls for its REST interface: each batch gets a new one, at the same place.
  let carrier = await createTwilioCarrier({ record: false });
  const { accountSid, authToken, apiBaseUrl } = carrier;
  const port = Number(new URL(apiBaseUrl).port);
  const phone = createPhone({
    provider: createTwilioProvider({ accountSid, authToken, apiBaseUrl }),
    edge,
    answer: echoParticipant,
    clock,
  });
  const ends = new Map<CallEndReason, number>();
  phone.on('call-ended', ({ end }) => ends.set(end.reason, (ends.get(end.reason) ?? 0) + 1));
  const server = await servePhone(phone, { port: 0, host: '127.0.0.1' });
  const failures: string[] = [];
  const runBatch = async (calls: number): Promise<Leftovers> => {
    carrier.configureNumber({ webhookUrl: server.url });
    await batch(carrier, phone, { ...options, callsPerBatch: calls });
    // What is remembered of ended calls is forgotten when the next call ends.
    clock.putForward(TOMBSTONES_MS);
    await oneCall(carrier, phone, 0);
    await untilIdle(phone);
    await carrier.close();
    const after = await measure(server, before);
    carrier = await createTwilioCarrier({ record: false, accountSid, authToken, port });
    return after;
  };
  let before: Leftovers | undefined;
  try {
    // Said first, so that the output's own pipe is there when sockets are counted.
    options.print(`warming up; then ${BATCHES} batches of ${options.callsPerBatch} calls`);
    // Loads modules, compiles code and fills pools.
    before = await runBatch(options.atOnce * 2);
    const heaps: number[] = [];
    for (let round = 1; round <= BATCHES; round++) {
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
    const slope = heaps[BATCHES - 1]! - heaps[0]!;
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
