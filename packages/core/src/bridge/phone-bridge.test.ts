import type { AudioFrame } from '../audio/audio-frame.ts';
import { copyAudioFrame } from '../audio/audio-frame.ts';
import type { EdgeConnection, EdgeConnectionClosed } from '../edge/edge.ts';
import { createLocalEdge } from '../edge/local-edge.ts';
import type { PhoneMediaStream } from '../media/phone-media-stream.ts';
import {
  BinaryLoopbackStream,
  MarkedLoopbackStream,
  quietOptions,
} from '../test-support/loopback-streams.ts';
import { TestLogger } from '../testing/test-logger.ts';
import type { LoopbackMediaSocket } from '../testing/loopback-media-socket.ts';
import { createLoopbackMediaSockets } from '../testing/loopback-media-socket.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { ToneEar, ToneGenerator } from '../testing/tone.ts';
import { attachPhoneToCall } from './phone-bridge.ts';

interface Line {
  readonly media: PhoneMediaStream;
  readonly theirs: LoopbackMediaSocket;
  /** The caller's next 20 ms, each sample with the given value. */
  speak(value: number): void;
  /** First samples of the frames that the caller was sent. */
  readonly heard: number[];
  /** Texts that the caller's carrier was sent. */
  readonly texts: string[];
}

/** A stream of the binary protocol: outbound at 16 kHz, the caller at `rate`. */
async function openLine(clock: ManualClock, rate: 8000 | 16000 | 24000 = 16000): Promise<Line> {
  const { ours, theirs } = createLoopbackMediaSockets();
  const media = new BinaryLoopbackStream(ours, quietOptions(clock));
  const heard: number[] = [];
  const texts: string[] = [];
  theirs.setHandlers({
    message: (data, isBinary) => {
      if (isBinary) heard.push(Buffer.from(data).readInt16LE(320));
      else texts.push(Buffer.from(data).toString());
    },
    close: () => {},
    error: () => {},
  });
  theirs.send(JSON.stringify({ event: 'connected', callId: 'A1', rate }));
  await clock.advance(0);
  const frame = new Int16Array(rate / 50);
  return {
    media,
    theirs,
    speak: (value) => theirs.send(new Uint8Array(frame.fill(value).buffer)),
    heard,
    texts,
  };
}

async function openCall() {
  const clock = new ManualClock();
  const edge = createLocalEdge();
  const call = await edge.createCall({ id: 'c1' });
  const agent = await call.join({ id: 'agent' }, { sampleRate: 16000 });
  const frames: AudioFrame[] = [];
  agent.onAudio((frame, source) => {
    expect(source).toEqual({ id: 'phone' });
    frames.push(copyAudioFrame(frame));
  });
  return { clock, call, agent, frames, edge };
}

const PHONE = { id: 'phone' };

function publish(agent: EdgeConnection, value: number, frames = 1): void {
  const samples = new Int16Array(320);
  for (let i = 0; i < frames; i++) {
    agent.publish({ samples: samples.fill(value), sampleRate: 16000, timestampSamples: i * 320 });
    samples.fill(-1);
  }
}

const values = (frames: readonly AudioFrame[]): number[] =>
  frames.map(({ samples }) => samples[0]!);

test('audio goes both ways, frame by frame', async () => {
  const { clock, call, agent, frames } = await openCall();
  const line = await openLine(clock);
  const bridge = await attachPhoneToCall(call, line.media, PHONE, { clock });
  expect(bridge.userId).toBe('phone');
  expect(bridge.media).toBe(line.media);
  expect(agent.participants).toEqual([PHONE]);
  for (const value of [1, 2, 3]) line.speak(value);
  publish(agent, 11);
  publish(agent, 12);
  await clock.advance(60);
  expect(values(frames)).toEqual([1, 2, 3]);
  expect(frames.map(({ timestampSamples }) => timestampSamples)).toEqual([0, 320, 640]);
  expect(line.heard).toEqual([11, 12]);
  expect(bridge.heardMs('agent')).toBe(40);
  await bridge.close();
});

test('what the caller said before goes to onAttached, but for the last 60 ms, which go over the edge', async () => {
  const { clock, call, frames } = await openCall();
  const line = await openLine(clock);
  for (let value = 1; value <= 10; value++) line.speak(value);
  await clock.advance(0);
  let early: number[] = [];
  let heardThen = -1;
  const bridge = await attachPhoneToCall(call, line.media, PHONE, {
    clock,
    onAttached: (attached, backlog) => {
      expect(attached.userId).toBe('phone');
      early = values(backlog);
      heardThen = frames.length;
    },
  });
  expect(early).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(heardThen).toBe(0);
  line.speak(11);
  await clock.advance(0);
  expect(values(frames)).toEqual([8, 9, 10, 11]);
  expect(frames.map(({ timestampSamples }) => timestampSamples / 320)).toEqual([7, 8, 9, 10]);
  await bridge.close();
});

test('a short backlog goes over the edge whole', async () => {
  const { clock, call, frames } = await openCall();
  const line = await openLine(clock);
  line.speak(1);
  line.speak(2);
  await clock.advance(0);
  let early: unknown;
  const bridge = await attachPhoneToCall(call, line.media, PHONE, {
    clock,
    onAttached: (_bridge, backlog) => (early = backlog),
  });
  expect(early).toEqual([]);
  expect(values(frames)).toEqual([1, 2]);
  await bridge.close();
});

test('after three seconds of preparation the caller is heard less than 200 ms late', async () => {
  const { clock, call, agent } = await openCall();
  const line = await openLine(clock);
  const delaysMs: number[] = [];
  // The samples say when they were spoken, in units of 20 ms.
  let spoken = 0;
  const speakOn = async (frames: number): Promise<void> => {
    for (let i = 0; i < frames; i++) {
      await clock.advance(20);
      line.speak(++spoken);
    }
  };
  await speakOn(150);
  agent.onAudio(({ samples, timestampSamples }) => {
    delaysMs.push(clock.now() - samples[0]! * 20);
    // Media time says the same: nothing of the call's time was lost or doubled.
    expect(timestampSamples).toBe((samples[0]! - 1) * 320);
  });
  const bridge = await attachPhoneToCall(call, line.media, PHONE, { clock });
  await speakOn(500);
  await clock.advance(0);
  expect(delaysMs).toHaveLength(503);
  expect(Math.max(...delaysMs)).toBeLessThan(200);
  expect(Math.max(...delaysMs.slice(3))).toBeLessThanOrEqual(20);
  await bridge.close();
});

test('the caller’s rate may be another one than ours, and both are heard true', async () => {
  const { clock, call } = await openCall();
  for (const rate of [8000, 24000] as const) {
    const line = await openLine(clock, rate);
    const bridge = await attachPhoneToCall(call, line.media, { id: `phone${rate}` }, { clock });
    const listener = await call.join({ id: `ear${rate}` }, { sampleRate: 48000 });
    const ear = new ToneEar();
    let last = -1;
    listener.onAudio((frame) => {
      expect(frame.samples).toHaveLength(960);
      expect(frame.timestampSamples).toBeGreaterThan(last);
      last = frame.timestampSamples;
      ear.hear(frame);
    });
    const tone = new ToneGenerator(1_037, rate);
    const samples = new Int16Array(rate / 50);
    for (let i = 0; i < 50; i++) {
      line.theirs.send(new Uint8Array(tone.fill(samples).buffer));
      await clock.advance(20);
    }
    expect(ear.frames).toBe(50);
    expect(last).toBe(49 * 960);
    expect(ear.hears(1_037)).toBe(true);
    await bridge.close();
    await listener.leave();
  }
});

test('mu-law in and out at 8 kHz meets an agent at 16 kHz', async () => {
  const { clock, call, frames, agent } = await openCall();
  const { ours, theirs } = createLoopbackMediaSockets();
  const media = new MarkedLoopbackStream(ours, quietOptions(clock));
  let sent = 0;
  theirs.setHandlers({
    message: (data) => {
      if (Buffer.from(data).toString().includes('"media"')) sent++;
    },
    close: () => {},
    error: () => {},
  });
  theirs.send(JSON.stringify({ event: 'start', callId: 'A1' }));
  await clock.advance(0);
  const bridge = await attachPhoneToCall(call, media, PHONE, { clock });
  const payload = Buffer.alloc(160, 0xff).toString('base64');
  theirs.send(JSON.stringify({ event: 'media', chunk: 1, timestampMs: 0, payload }));
  publish(agent, 1_000, 3);
  await clock.advance(20);
  expect(frames[0]).toMatchObject({ sampleRate: 16000, timestampSamples: 0 });
  expect(frames[0]!.samples).toHaveLength(320);
  expect(sent).toBe(3);
  await bridge.close();
});

test('when the media is replaced the call goes on, and media time goes on with it', async () => {
  const { clock, call, agent, frames } = await openCall();
  const first = await openLine(clock);
  const bridge = await attachPhoneToCall(call, first.media, PHONE, { clock });
  for (const value of [1, 2]) {
    await clock.advance(20);
    first.speak(value);
  }
  await clock.advance(0);
  bridge.replaceMedia(undefined);
  expect(bridge.media).toBeUndefined();
  first.speak(99);
  publish(agent, 7);
  await clock.advance(1_000);
  expect(first.heard).toEqual([]);
  const second = await openLine(clock);
  for (const value of [3, 4, 5, 6, 7]) second.speak(value);
  await clock.advance(0);
  bridge.replaceMedia(second.media);
  // Of what came before, the last 60 ms; then what comes.
  expect(values(frames)).toEqual([1, 2, 5, 6, 7]);
  await clock.advance(20);
  second.speak(8);
  await clock.advance(20);
  expect(values(frames).at(-1)).toBe(8);
  const times = frames.map(({ timestampSamples }) => timestampSamples);
  expect(times.slice(0, 2)).toEqual([0, 320]);
  // 1,000 ms passed without audio, and media time knows.
  expect(times[2]! - times[1]!).toBe(320 + (1_000 - 20) * 16);
  expect(times.slice(3).map((time, i) => time - times[i + 2]!)).toEqual([320, 320, 320]);
  // What the agent said meanwhile waited, and is heard now.
  expect(second.heard).toEqual([7]);
  expect(first.heard).toEqual([]);
  await bridge.close();
});

test('an interruption silences one participant at the carrier and keeps the others', async () => {
  const { clock, call, agent } = await openCall();
  const guest = await call.join({ id: 'guest' }, { sampleRate: 16000 });
  const line = await openLine(clock);
  const bridge = await attachPhoneToCall(call, line.media, PHONE, { clock });
  publish(agent, 100, 50);
  publish(guest, 10, 50);
  await clock.advance(200);
  expect(new Set(line.heard)).toEqual(new Set([110]));
  const heard = bridge.heardMs('agent');
  const interruption = bridge.interrupt('agent');
  expect(interruption.heardMs).toBe(heard);
  expect(interruption.heardMs + interruption.discardedMs).toBe(1_000);
  expect(bridge.pendingMs('agent')).toBe(0);
  expect(bridge.pendingMs('guest')).toBeGreaterThan(700);
  line.heard.length = 0;
  await clock.advance(1_000);
  expect(line.texts).toEqual(['{"event":"clear"}']);
  expect(new Set(line.heard)).toEqual(new Set([10]));
  await bridge.whenHeard('agent');
  await bridge.close();
});

test('a participant that leaves is heard to its end', async () => {
  const { clock, call, agent } = await openCall();
  const line = await openLine(clock);
  const bridge = await attachPhoneToCall(call, line.media, PHONE, { clock });
  publish(agent, 5, 20);
  await agent.leave();
  await clock.advance(1_000);
  expect(line.heard).toEqual(new Array(20).fill(5));
  await bridge.close();
});

test('a participant that sends faster than real time is warned of once', async () => {
  const { clock, call, agent } = await openCall();
  const logger = new TestLogger();
  const line = await openLine(clock);
  const bridge = await attachPhoneToCall(call, line.media, PHONE, { clock, logger });
  publish(agent, 5, 300);
  expect(logger.lines).toHaveLength(1);
  expect(logger.lines[0]).toMatchObject({ level: 'warn', fields: { source: 'agent' } });
  await bridge.close();
});

test('on an edge without moderators nobody is muted, and unmuting changes nothing', async () => {
  const { clock, call } = await openCall();
  const line = await openLine(clock);
  const bridge = await attachPhoneToCall(call, line.media, PHONE, { clock });
  expect(bridge.isMuted).toBe(false);
  await bridge.unmute();
  expect(bridge.isMuted).toBe(false);
  await bridge.close();
});

test('closing leaves the edge, stops the ticker and keeps the media open, however often', async () => {
  const { clock, call, agent, frames } = await openCall();
  const line = await openLine(clock);
  const bridge = await attachPhoneToCall(call, line.media, PHONE, { clock });
  let closed: EdgeConnectionClosed | undefined;
  void bridge.closed.then((value) => (closed = value));
  publish(agent, 5, 20);
  const waiting = bridge.whenHeard('agent');
  await Promise.all([bridge.close(), bridge.close()]);
  await waiting;
  await bridge.close();
  await clock.advance(0);
  expect(closed).toEqual({ reason: 'left' });
  expect(agent.participants).toEqual([]);
  expect(clock.timerCount).toBe(0);
  expect(line.media.isClosed).toBe(false);
  line.speak(1);
  bridge.replaceMedia(line.media);
  publish(agent, 5);
  await clock.advance(100);
  expect(bridge.media).toBeUndefined();
  expect(frames).toEqual([]);
  expect(line.heard).toEqual([]);
});

test('closing works while the media is lost', async () => {
  const { clock, call } = await openCall();
  const line = await openLine(clock);
  const bridge = await attachPhoneToCall(call, line.media, PHONE, { clock });
  bridge.replaceMedia(undefined);
  bridge.replaceMedia(undefined);
  await bridge.close();
  expect(clock.timerCount).toBe(0);
});

test('closing works after the media is over', async () => {
  const { clock, call } = await openCall();
  const line = await openLine(clock);
  const bridge = await attachPhoneToCall(call, line.media, PHONE, { clock });
  line.theirs.close(1000, '');
  await clock.advance(100);
  await bridge.close();
  expect(clock.timerCount).toBe(0);
});

test('when the edge’s side ends, the bridge is over and nothing goes on ticking', async () => {
  const { clock, call } = await openCall();
  const line = await openLine(clock);
  const bridge = await attachPhoneToCall(call, line.media, PHONE, { clock });
  await call.end();
  expect(await bridge.closed).toEqual({ reason: 'call-ended' });
  expect(clock.timerCount).toBe(0);
  line.speak(1);
  await clock.advance(100);
  await bridge.close();
});

test('a phone that may not join leaves nothing behind', async () => {
  const { clock, call } = await openCall();
  const line = await openLine(clock);
  await expect(
    attachPhoneToCall(call, line.media, { id: 'agent' }, { clock }),
  ).rejects.toMatchObject({ code: 'edge_user_exists' });
  await call.end();
  await expect(attachPhoneToCall(call, line.media, PHONE, { clock })).rejects.toMatchObject({
    code: 'edge_call_ended',
  });
  expect(clock.timerCount).toBe(0);
});

test('an onAttached that throws leaves nothing behind', async () => {
  const { clock, call, agent } = await openCall();
  const line = await openLine(clock);
  const attaching = attachPhoneToCall(call, line.media, PHONE, {
    clock,
    onAttached: () => {
      throw new Error('no agent');
    },
  });
  await expect(attaching).rejects.toThrow('no agent');
  expect(agent.participants).toEqual([]);
  expect(clock.timerCount).toBe(0);
});
