import { decodeMulaw } from '../audio/g711.ts';
import { sharedTicker } from '../clock/ticker.ts';
import { CarrierBuffer } from '../test-support/carrier-buffer.ts';
import { MarkedLoopbackStream, quietOptions } from '../test-support/loopback-streams.ts';
import { createLoopbackMediaSockets } from '../testing/loopback-media-socket.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { Playout } from './playout.ts';

const FRAME = 160;
const LOUD = 4_000;

async function create() {
  const clock = new ManualClock();
  const { ours, theirs } = createLoopbackMediaSockets();
  const media = new MarkedLoopbackStream(ours, quietOptions(clock));
  const carrier = new CarrierBuffer(clock, theirs);
  theirs.send(JSON.stringify({ event: 'start', callId: 'A1' }));
  await clock.advance(0);
  const playout = new Playout({ clock, sampleRate: 8000 });
  playout.useMedia(media);
  const stop = sharedTicker(clock).subscribe(() => playout.tick());
  return {
    clock,
    playout,
    carrier,
    stop,
    /** A source whose frames come in order over a network, each late by what `latenessOf` says. */
    come(
      source: string,
      frames: number,
      latenessOf: (index: number) => number,
      {
        delayMs,
        value = LOUD,
        everyMs = 20,
      }: { readonly delayMs: number; readonly value?: number; readonly everyMs?: number },
    ): void {
      let last = 0;
      for (let index = 0; index < frames; index++) {
        last = Math.max(last, index * everyMs + latenessOf(index));
        clock.setTimeout(
          () => playout.enqueue(source, new Int16Array(FRAME).fill(value), delayMs),
          last,
        );
      }
    },
    /** How much silence the caller has heard since the first sound, in ms. */
    gapsMs(): number {
      const first = carrier.received.find(({ what }) => what === 'media')!;
      return Math.round(clock.now() - first.atMs - carrier.playedMs);
    },
    loudFrames(): number {
      return carrier.played.filter((payload) => Math.abs(decodeMulaw(payload)[80]!) > LOUD / 2)
        .length;
    },
  };
}

test('frames that are late by less than the delay leave no gap', async () => {
  const { clock, come, gapsMs, stop } = await create();
  come('agent', 200, (index) => (index * 13) % 31, { delayMs: 40 });
  await clock.advance(3_900);
  expect(gapsMs()).toBe(0);
  stop();
});

test('without a delay the same frames leave gaps', async () => {
  const { clock, come, gapsMs, stop } = await create();
  come('agent', 200, (index) => (index < 5 ? 0 : (index * 13) % 31), { delayMs: 0 });
  await clock.advance(3_900);
  expect(gapsMs()).toBeGreaterThan(0);
  stop();
});

test('sound is heard no later than its delay and two ticks', async () => {
  const { clock, come, carrier, stop } = await create();
  come('agent', 100, () => 0, { delayMs: 40 });
  await clock.advance(1_000);
  const first = carrier.received.find(({ what }) => what === 'media')!;
  expect(first.atMs).toBeGreaterThanOrEqual(40);
  expect(first.atMs).toBeLessThanOrEqual(80);
  stop();
});

test('a word shorter than the delay is played whole', async () => {
  const { clock, come, carrier, loudFrames, stop } = await create();
  come('agent', 2, () => 0, { delayMs: 120 });
  await clock.advance(1_000);
  expect(loudFrames()).toBe(2);
  expect(carrier.count('media')).toBe(2);
  stop();
});

test('after a gap as much waits as before', async () => {
  const { clock, come, gapsMs, stop } = await create();
  come('agent', 200, (index) => (index === 50 ? 160 : index > 60 ? (index * 13) % 31 : 0), {
    delayMs: 40,
  });
  await clock.advance(1_500);
  const gap = gapsMs();
  expect(gap).toBeGreaterThan(0);
  expect(gap).toBeLessThanOrEqual(160);
  await clock.advance(2_300);
  expect(gapsMs()).toBe(gap);
  stop();
});

test('what comes in a burst after an outage is heard whole, and the delay goes in the next pause', async () => {
  const { clock, come, playout, loudFrames, stop } = await create();
  come('agent', 150, (index) => (index < 50 ? 0 : Math.max(0, 2_000 - index * 20)), {
    delayMs: 40,
  });
  await clock.advance(3_000);
  expect(playout.pendingMs('agent')).toBeGreaterThan(800);
  come('agent', 150, () => 0, { delayMs: 40, value: 0 });
  await clock.advance(2_900);
  expect(loudFrames()).toBe(150);
  expect(playout.pendingMs('agent')).toBeLessThanOrEqual(100);
  stop();
});

test('of sound without a pause one frame a second is dropped, until no more waits than is needed', async () => {
  const { clock, come, playout, loudFrames, stop } = await create();
  come('agent', 1_000, (index) => (index < 10 ? 100 : 0), { delayMs: 20 });
  await clock.advance(19_900);
  expect(playout.pendingMs('agent')).toBeLessThanOrEqual(60);
  await clock.advance(1_000);
  expect(loudFrames()).toBeGreaterThanOrEqual(990);
  expect(loudFrames()).toBeLessThan(1_000);
  stop();
});

test('what waits without need is dropped where it is quiet', async () => {
  const { clock, come, playout, loudFrames, stop } = await create();
  // One late frame makes all after it wait longer than 20 ms, which is enough from then on.
  come('agent', 100, (index) => (index < 10 ? 100 : 0), { delayMs: 20 });
  await clock.advance(2_000);
  const waiting = playout.pendingMs('agent');
  expect(waiting).toBeGreaterThanOrEqual(80);
  come('agent', 200, () => 0, { delayMs: 20, value: 0 });
  await clock.advance(3_900);
  expect(playout.pendingMs('agent')).toBeLessThanOrEqual(60);
  expect(loudFrames()).toBe(100);
  stop();
});

test('a sender whose clock runs faster does not add delay for ever', async () => {
  const { clock, come, playout, stop } = await create();
  // A hundred times faster than a bad crystal, to see in a minute what takes hours.
  come('agent', 3_000, () => 0, { delayMs: 40, value: 0, everyMs: 19.8 });
  await clock.advance(58_000);
  expect(playout.pendingMs('agent')).toBeLessThanOrEqual(100);
  stop();
});

test('two sources over a network are summed at 50 frames a second, without a gap', async () => {
  const { clock, come, carrier, gapsMs, stop } = await create();
  come('agent', 200, (index) => (index * 13) % 31, { delayMs: 40, value: 1_000 });
  come('guest', 200, (index) => (index * 17) % 29, { delayMs: 40, value: 2_000 });
  await clock.advance(3_900);
  expect(gapsMs()).toBe(0);
  const both = carrier.played.map((payload) => decodeMulaw(payload)[80]!);
  expect(both.filter((value) => value > 2_800).length).toBeGreaterThanOrEqual(both.length - 3);
  expect(carrier.count('media')).toBeLessThanOrEqual(200);
  stop();
});

test('an interrupted source begins anew with its delay', async () => {
  const { clock, come, playout, carrier, stop } = await create();
  come('agent', 50, () => 0, { delayMs: 40 });
  await clock.advance(1_000);
  playout.interrupt('agent');
  expect(playout.pendingMs('agent')).toBe(0);
  await clock.advance(500);
  const before = carrier.count('media');
  const startMs = clock.now();
  come('agent', 10, () => 0, { delayMs: 40 });
  await clock.advance(1_000);
  const [first] = carrier.received.filter(({ what }) => what === 'media').slice(before);
  expect(first!.atMs - startMs).toBeGreaterThanOrEqual(40);
  stop();
});
