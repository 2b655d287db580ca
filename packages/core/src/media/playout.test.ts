import { decodeMulaw, encodeMulaw } from '../audio/g711.ts';
import { sharedTicker } from '../clock/ticker.ts';
import { CarrierBuffer } from '../test-support/carrier-buffer.ts';
import {
  BinaryLoopbackStream,
  MarkedLoopbackStream,
  quietOptions,
} from '../test-support/loopback-streams.ts';
import { createLoopbackMediaSockets } from '../testing/loopback-media-socket.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { Playout } from './playout.ts';

const FRAME = 160;

async function connect(clock: ManualClock, latencyMs: number) {
  const { ours, theirs } = createLoopbackMediaSockets();
  const media = new MarkedLoopbackStream(ours, quietOptions(clock));
  const carrier = new CarrierBuffer(clock, theirs, latencyMs);
  theirs.send(JSON.stringify({ event: 'start', callId: 'A1' }));
  await clock.advance(0);
  return { media, carrier };
}

async function create(latencyMs = 0) {
  const clock = new ManualClock();
  const overruns: string[] = [];
  const playout = new Playout({ clock, sampleRate: 8000, onOverrun: (id) => overruns.push(id) });
  const { media, carrier } = await connect(clock, latencyMs);
  playout.useMedia(media);
  const stop = sharedTicker(clock).subscribe(() => playout.tick());
  /** Queues so many frames whose samples all have one value; the memory is overwritten. */
  const say = (source: string, frames: number, value = 1_000): void => {
    const samples = new Int16Array(FRAME * frames).fill(value);
    playout.enqueue(source, samples);
    samples.fill(-1);
  };
  return {
    clock,
    playout,
    media,
    carrier,
    overruns,
    stop,
    say,
    /** A source that speaks in real time, `leadMs` ahead, for so many frames. */
    async speak(source: string, frames: number, leadMs = 0): Promise<void> {
      const ahead = leadMs / 20;
      say(source, Math.min(frames, ahead));
      for (let n = ahead; n < frames; n++) {
        await clock.advance(20);
        say(source, 1);
      }
    },
    /** Middle sample of every frame that was played. */
    played: (): number[] => carrier.played.map((payload) => decodeMulaw(payload)[80]!),
  };
}

/** What a value is after mu-law. */
function coded(value: number): number {
  return decodeMulaw(encodeMulaw(Int16Array.of(value)))[0]!;
}

test('one source is sent as far ahead as it comes, up to 140 ms, and then in real time', async () => {
  const { clock, say, carrier, stop } = await create();
  say('agent', 50);
  await clock.advance(20);
  expect(carrier.count('media')).toBe(7);
  await clock.advance(200);
  expect(carrier.count('media')).toBe(17);
  await clock.advance(2_000);
  expect(carrier.count('media')).toBe(50);
  expect(carrier.played).toHaveLength(50);
  stop();
});

test('what is played is what was queued, in order', async () => {
  const { clock, say, played, stop } = await create();
  for (const value of [1_000, 2_000, 3_000, 4_000]) say('agent', 1, value);
  await clock.advance(500);
  expect(played()).toEqual([1_000, 2_000, 3_000, 4_000].map(coded));
  stop();
});

test('a piece that is no whole frame ends in silence, not in old sound', async () => {
  const { clock, playout, carrier, stop } = await create();
  playout.enqueue('agent', new Int16Array(FRAME).fill(4_000));
  playout.enqueue('agent', new Int16Array(40).fill(1_000));
  await clock.advance(200);
  const last = decodeMulaw(carrier.played[1]!);
  expect(last[39]).toBe(coded(1_000));
  expect(new Set(last.subarray(40))).toEqual(new Set([0]));
  stop();
});

test('several sources are summed frame by frame, at exactly 50 frames a second', async () => {
  const { clock, say, carrier, played, stop } = await create();
  say('agent', 100, 1_000);
  say('guest', 100, 2_000);
  await clock.advance(1_000);
  expect(carrier.count('media')).toBe(50);
  await clock.advance(1_000);
  expect(carrier.count('media')).toBe(100);
  await clock.advance(200);
  expect(played()).toEqual(new Array(100).fill(coded(3_000)));
  stop();
});

test('when a second one joins in, no frame is lost and the first keeps no advantage', async () => {
  const { clock, say, carrier, played, stop } = await create();
  say('agent', 60, 1_000);
  await clock.advance(500);
  const before = carrier.count('media');
  say('guest', 20, 2_000);
  await clock.advance(400);
  expect(carrier.count('media') - before).toBe(20);
  await clock.advance(1_000);
  const values = played();
  expect(values.filter((value) => value === coded(3_000))).toHaveLength(20);
  expect(values.filter((value) => value === coded(1_000))).toHaveLength(40);
  expect(values).toHaveLength(60);
  stop();
});

test('a source that has been silent for 200 ms does not hold the other one back', async () => {
  const { clock, say, carrier, stop } = await create();
  say('guest', 1);
  await clock.advance(400);
  const before = carrier.count('media');
  say('agent', 30);
  await clock.advance(20);
  expect(carrier.count('media') - before).toBe(7);
  stop();
});

test('a mark is sent every 200 ms and at the end, however the audio comes', async () => {
  for (const leadMs of [0, 100, 2_000]) {
    const { clock, carrier, speak, stop } = await create();
    await speak('agent', 51, leadMs);
    await clock.advance(2_000);
    const marks = carrier.marks.map(({ what }) => what);
    expect(marks).toHaveLength(6);
    expect(new Set(marks).size).toBe(6);
    const order = carrier.received.map(({ what }) => (what === 'media' ? '.' : 'm')).join('');
    expect(order).toBe(`${'..........m'.repeat(5)}.m`);
    stop();
  }
});

test('heard follows what is really played within 60 ms, also across pauses', async () => {
  for (const latencyMs of [0, 15, 30]) {
    const { clock, playout, carrier, say, stop } = await create(latencyMs);
    let worst = 0;
    for (const frames of [7, 90, 1, 33]) {
      say('agent', frames);
      for (let ms = 0; ms < frames * 20 + 130; ms += 5) {
        await clock.advance(5);
        worst = Math.max(worst, Math.abs(playout.heardMs('agent') - carrier.playedMs));
      }
    }
    expect(worst).toBeLessThanOrEqual(60);
    expect(playout.heardMs('agent')).toBe((7 + 90 + 1 + 33) * 20);
    expect(playout.pendingMs('agent')).toBe(0);
    expect(playout.bufferedMs).toBe(0);
    stop();
  }
});

test('pending is what waits here or at the carrier', async () => {
  const { clock, playout, say, stop } = await create();
  say('agent', 20);
  expect(playout.pendingMs('agent')).toBe(400);
  await clock.advance(20);
  expect(playout.pendingMs('agent')).toBe(400);
  expect(playout.bufferedMs).toBe(140);
  await clock.advance(100);
  expect(playout.pendingMs('agent')).toBe(300);
  expect(playout.heardMs('agent')).toBe(100);
  expect(playout.heardMs('nobody')).toBe(0);
  expect(playout.pendingMs('nobody')).toBe(0);
  stop();
});

test('an interruption empties the carrier and tells what was heard, within 60 ms', async () => {
  const { clock, playout, carrier, say, stop } = await create(20);
  say('agent', 90);
  await clock.advance(700);
  const { heardMs, discardedMs } = playout.interrupt('agent');
  expect(heardMs + discardedMs).toBe(1_800);
  await clock.advance(20);
  expect(carrier.bufferedFrames).toBe(0);
  expect(Math.abs(heardMs - carrier.playedMs)).toBeLessThanOrEqual(60);
  const { playedMs } = carrier;
  await clock.advance(1_000);
  expect(carrier.playedMs).toBe(playedMs);
  expect(playout.pendingMs('agent')).toBe(0);
  expect(playout.heardMs('agent')).toBe(heardMs);
  stop();
});

test('echoes of marks from before a clear prove nothing', async () => {
  const { clock, playout, carrier, say, stop } = await create(40);
  say('agent', 90);
  await clock.advance(500);
  playout.interrupt('agent');
  say('agent', 50);
  // The carrier echoes the dropped marks now, and they arrive while new audio is on its way.
  await clock.advance(100);
  const names = carrier.marks.map(({ what }) => what);
  expect(new Set(names.map((name) => name.split('-')[0])).size).toBe(1);
  expect(playout.heardMs('agent')).toBeLessThanOrEqual(1_800 + 100);
  expect(playout.heardMs('agent')).toBeGreaterThan(1_800);
  await clock.advance(1_500);
  const after = carrier.marks.map(({ what }) => what.split('-')[0]);
  expect(new Set(after).size).toBe(2);
  expect(playout.heardMs('agent')).toBe((90 + 50) * 20);
  stop();
});

test('an interruption keeps what others have queued', async () => {
  const { clock, playout, carrier, say, played, stop } = await create();
  say('agent', 50, 1_000);
  say('guest', 50, 2_000);
  await clock.advance(400);
  playout.interrupt('agent');
  await clock.advance(2_000);
  const values = played();
  // At most the frame that was being played is lost with the carrier's buffer.
  expect(values.filter((value) => value === coded(2_000)).length).toBeGreaterThanOrEqual(29);
  expect(values.lastIndexOf(coded(3_000))).toBeLessThan(values.indexOf(coded(2_000)));
  expect(carrier.count('clear')).toBe(1);
  expect(playout.pendingMs('guest')).toBe(0);
  stop();
});

test('an interruption clears as long as no mark proves that the carrier is empty', async () => {
  const { clock, playout, carrier, say, stop } = await create(100);
  say('agent', 5);
  // By the clock it was all heard; the carrier is 100 ms behind.
  await clock.advance(125);
  expect(playout.pendingMs('agent')).toBe(0);
  playout.interrupt('agent');
  await clock.advance(100);
  expect(carrier.count('clear')).toBe(1);
  stop();
});

test('an interruption with nothing under way asks nothing of the carrier', async () => {
  const { clock, playout, carrier, say, stop } = await create();
  playout.interrupt('agent');
  say('agent', 5);
  await clock.advance(500);
  expect(playout.interrupt('agent')).toEqual({ heardMs: 100, discardedMs: 0 });
  await clock.advance(20);
  expect(carrier.count('clear')).toBe(0);
  stop();
});

test('whenHeard waits for the last mark, not for the clock', async () => {
  const { clock, playout, carrier, say, stop } = await create(150);
  say('agent', 10);
  let heardAtMs: number | undefined;
  void playout.whenHeard('agent').then(() => (heardAtMs = carrier.playedMs));
  await clock.advance(220);
  expect(heardAtMs).toBeUndefined();
  await clock.advance(1_000);
  expect(heardAtMs).toBe(200);
  stop();
});

test('whenHeard of one source does not end while another one’s mark is not due yet', async () => {
  const { clock, playout, carrier, say, stop } = await create();
  say('guest', 100);
  await clock.advance(40);
  say('agent', 3);
  let heardAtMs: number | undefined;
  void playout.whenHeard('agent').then(() => (heardAtMs = carrier.playedMs));
  await clock.advance(60);
  // All of it was sent, behind 140 ms of the other's that is not played yet.
  expect(heardAtMs).toBeUndefined();
  await clock.advance(1_000);
  expect(heardAtMs).toBeGreaterThanOrEqual(200);
  stop();
});

test('whenHeard resolves although the last mark got lost', async () => {
  const { clock, playout, carrier, say, stop } = await create();
  carrier.losesMarks = true;
  say('agent', 10);
  let heard = false;
  void playout.whenHeard('agent').then(() => (heard = true));
  await clock.advance(20 + 200 + 480);
  expect(heard).toBe(false);
  await clock.advance(60);
  expect(heard).toBe(true);
  stop();
});

test('whenHeard resolves at once for what was heard, and when the audio is dropped', async () => {
  const { clock, playout, say, stop } = await create();
  await playout.whenHeard('nobody');
  say('agent', 5);
  await clock.advance(500);
  await playout.whenHeard('agent');
  say('agent', 50);
  const interrupted = playout.whenHeard('agent');
  playout.interrupt('agent');
  await interrupted;
  say('agent', 50);
  const closed = playout.whenHeard('agent');
  playout.close();
  await closed;
  stop();
});

test('when the media is lost, what it held is dropped and what is queued waits for the next', async () => {
  const { clock, playout, carrier, say, stop } = await create();
  say('agent', 50);
  await clock.advance(500);
  const heardMs = playout.heardMs('agent');
  playout.useMedia(undefined);
  expect(playout.bufferedMs).toBe(0);
  const sent = carrier.count('media');
  await clock.advance(1_000);
  expect(carrier.count('media')).toBe(sent);
  expect(playout.heardMs('agent')).toBe(heardMs);
  const next = await connect(clock, 0);
  playout.useMedia(next.media);
  await clock.advance(2_000);
  expect(next.carrier.count('media')).toBe(50 - sent);
  expect(playout.heardMs('agent')).toBe(1_000);
  expect(next.carrier.marks.length).toBeGreaterThan(0);
  stop();
});

test('whoever waits for audio that is lost with its media is told', async () => {
  const { clock, playout, say, stop } = await create();
  say('agent', 5);
  await clock.advance(20);
  const heard = playout.whenHeard('agent');
  playout.useMedia(undefined);
  await heard;
  stop();
});

test('a source that overruns its queue loses the oldest, and is told of once', async () => {
  const { clock, playout, overruns, say, played, stop } = await create();
  for (let second = 1; second <= 4; second++) say('agent', 50, second * 1_000);
  say('agent', 1, 1_000);
  expect(overruns).toEqual(['agent']);
  expect(playout.pendingMs('agent')).toBe(2_000);
  await clock.advance(3_000);
  expect(played()[0]).toBe(coded(3_000));
  expect(playout.heardMs('agent')).toBe(4_020);
  stop();
});

test('a source that leaves is played to its end, and then forgotten', async () => {
  const { clock, playout, carrier, say, stop } = await create();
  say('agent', 30);
  playout.removeSource('agent');
  playout.removeSource('nobody');
  await clock.advance(2_000);
  expect(carrier.played).toHaveLength(30);
  expect(playout.heardMs('agent')).toBe(0);
  stop();
});

test('without marks the clock tells what was heard, and whenHeard does not wait for proof', async () => {
  const clock = new ManualClock();
  const playout = new Playout({ clock, sampleRate: 16000 });
  const { ours, theirs } = createLoopbackMediaSockets();
  const texts: string[] = [];
  let frames = 0;
  theirs.setHandlers({
    message: (data, isBinary) => {
      if (isBinary) frames++;
      else texts.push(Buffer.from(data).toString());
    },
    close: () => {},
    error: () => {},
  });
  const media = new BinaryLoopbackStream(ours, quietOptions(clock));
  theirs.send(JSON.stringify({ event: 'connected', callId: 'A1' }));
  await clock.advance(0);
  playout.useMedia(media);
  const stop = sharedTicker(clock).subscribe(() => playout.tick());
  playout.enqueue('agent', new Int16Array(320 * 10));
  let heard = false;
  void playout.whenHeard('agent').then(() => (heard = true));
  await clock.advance(120);
  expect(playout.heardMs('agent')).toBe(100);
  expect(heard).toBe(false);
  await clock.advance(120);
  expect(frames).toBe(10);
  expect(playout.heardMs('agent')).toBe(200);
  expect(heard).toBe(true);
  playout.enqueue('agent', new Int16Array(320 * 10));
  await clock.advance(60);
  expect(playout.interrupt('agent')).toEqual({ heardMs: 240, discardedMs: 160 });
  await clock.advance(0);
  expect(texts).toEqual(['{"event":"clear"}']);
  stop();
});
