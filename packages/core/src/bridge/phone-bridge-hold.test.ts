import { createLocalEdge } from '../edge/local-edge.ts';
import type { EdgeConnection } from '../edge/edge.ts';
import { BinaryLoopbackStream, quietOptions } from '../test-support/loopback-streams.ts';
import { createLoopbackMediaSockets } from '../testing/loopback-media-socket.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { ToneEar, ToneGenerator } from '../testing/tone.ts';
import { attachPhoneToCall } from './phone-bridge.ts';

async function open() {
  const clock = new ManualClock();
  const call = await createLocalEdge().createCall({ id: 'c1' });
  const agent = await call.join({ id: 'agent' }, { sampleRate: 16000 });
  const { ours, theirs } = createLoopbackMediaSockets();
  const media = new BinaryLoopbackStream(ours, quietOptions(clock));
  const heard: Int16Array[] = [];
  const texts: string[] = [];
  theirs.setHandlers({
    message: (data, isBinary) => {
      if (isBinary) heard.push(new Int16Array(new Uint8Array(data).buffer));
      else texts.push(Buffer.from(data).toString());
    },
    close: () => {},
    error: () => {},
  });
  theirs.send(JSON.stringify({ event: 'connected', callId: 'A1', rate: 16000 }));
  await clock.advance(0);
  const bridge = await attachPhoneToCall(call, media, { id: 'phone' }, { clock });
  return { clock, agent, bridge, heard, texts, theirs, media };
}

async function speak(clock: ManualClock, agent: EdgeConnection, hz: number, ms: number) {
  const tone = new ToneGenerator(hz, 16000);
  const samples = new Int16Array(320);
  for (let at = 0; at < ms; at += 20) {
    agent.publish({ samples: tone.fill(samples), sampleRate: 16000, timestampSamples: at * 16 });
    await clock.advance(20);
  }
}

function hears(frames: readonly Int16Array[], hz: number): boolean {
  const ear = new ToneEar();
  for (const samples of frames.slice(-10)) ear.hear({ samples, sampleRate: 16000 });
  return ear.hears(hz);
}

test('on hold nothing passes, the carrier’s buffer is emptied, and what was left out counts as gone', async () => {
  const { clock, agent, bridge, heard, texts, theirs } = await open();
  const frames: number[] = [];
  agent.onAudio(({ samples }) => frames.push(samples[0]!));
  await speak(clock, agent, 1_037, 400);
  expect(hears(heard, 1_037)).toBe(true);
  expect(texts).toEqual([]);
  bridge.hold();
  bridge.hold();
  expect(bridge.isHeld).toBe(true);
  await clock.advance(0);
  expect(texts).toHaveLength(1);
  await speak(clock, agent, 1_037, 1_000);
  theirs.send(new Uint8Array(new Int16Array(320).fill(9).buffer));
  await clock.advance(20);
  expect(hears(heard, 1_037)).toBe(false);
  expect(frames).not.toContain(9);
  expect(bridge.pendingMs('agent')).toBe(0);
  bridge.resume();
  bridge.resume();
  await clock.advance(0);
  expect(texts).toHaveLength(2);
  await speak(clock, agent, 1_037, 400);
  await clock.advance(200);
  expect(hears(heard.slice(0, -3), 1_037)).toBe(true);
  // 400 ms before, 400 ms after; what came while on hold is behind both on the agent's time line.
  expect(bridge.heardMs('agent')).toBe(1_800);
  theirs.send(new Uint8Array(new Int16Array(320).fill(9).buffer));
  await clock.advance(20);
  expect(frames).toContain(9);
  await bridge.close();
  expect(clock.timerCount).toBe(0);
});

test('the hold sound is a quiet chime that comes again', async () => {
  const { clock, bridge, heard } = await open();
  bridge.hold();
  await clock.advance(8_400);
  const peak = (fromMs: number, toMs: number): number =>
    Math.max(
      ...heard
        .slice(fromMs / 20, toMs / 20)
        .flatMap((samples) => [...samples])
        .map(Math.abs),
    );
  for (const start of [0, 4_000]) {
    expect(peak(start, start + 1_000)).toBeGreaterThan(2_000);
    expect(peak(start, start + 1_000)).toBeLessThan(6_000);
    expect(peak(start + 3_500, start + 3_900)).toBeLessThan(100);
  }
  await bridge.close();
  await clock.advance(100);
  const frames = heard.length;
  await clock.advance(1_000);
  expect(heard).toHaveLength(frames);
});

test('silence is reached when all was heard and no more comes, and at the bridge’s end', async () => {
  const { clock, agent, bridge } = await open();
  await bridge.whenSilent();
  let isSilent = false;
  await speak(clock, agent, 1_037, 100);
  void bridge.whenSilent().then(() => (isSilent = true));
  await speak(clock, agent, 1_037, 200);
  await clock.advance(200);
  expect(isSilent).toBe(false);
  await speak(clock, agent, 1_037, 200);
  await clock.advance(250);
  expect(isSilent).toBe(false);
  await clock.advance(400);
  expect(isSilent).toBe(true);
  let isOver = false;
  await speak(clock, agent, 1_037, 100);
  void bridge.whenSilent().then(() => (isOver = true));
  await bridge.close();
  await clock.advance(300);
  expect(isOver).toBe(true);
});
