import type { Clock, EdgeConnection, PhoneMediaStream } from '@phone-agents/core';
import {
  attachPhoneToCall,
  createLocalEdge,
  createResampler,
  silentLogger,
  systemClock,
} from '@phone-agents/core';
import { createTwilioProvider } from '@phone-agents/twilio';
import alawmulaw from 'alawmulaw';
import { describeResult, runContest, type Contest } from '../interleaved.ts';
import type { Suite } from '../suite.ts';
import { START_MESSAGE, STREAM_SID, mediaMessages } from './media-messages.ts';
import { MemorySocket } from './memory-socket.ts';

/** A stream only goes forward, so one that has come to its end is followed by another. */
const MESSAGES = 20_000;
const STREAMS = 40;
/** Enough for the compiler to have done its best, also beside others' load. */
const WARM_UP_RUNS = 100_000;

interface OpenStream {
  readonly socket: MemorySocket;
  readonly stream: PhoneMediaStream;
}

async function openStream(): Promise<OpenStream> {
  const socket = new MemorySocket();
  const stream = createTwilioProvider().createMediaStream(socket, {
    clock: systemClock,
    logger: silentLogger,
    callId: 'bench',
    admit: () => Promise.resolve(),
  });
  socket.receive(START_MESSAGE);
  await stream.started;
  return { socket, stream };
}

/** What most servers do with a media message. */
function usualReceive(data: Buffer): number {
  const message = JSON.parse(data.toString()) as { media: { payload: string } };
  return alawmulaw.mulaw.decode(Buffer.from(message.media.payload, 'base64')).length;
}

/** What most servers do with a frame for the caller. */
function usualSend(socket: MemorySocket, samples: Int16Array): void {
  const payload = Buffer.from(alawmulaw.mulaw.encode(samples)).toString('base64');
  socket.send(JSON.stringify({ event: 'media', streamSid: STREAM_SID, media: { payload } }));
}

/** Gives `use` the streams' messages one after the other. */
function lap<T>(
  streams: readonly T[],
  messages: readonly Buffer[],
  use: (stream: T, message: Buffer) => void,
): () => void {
  let [stream, at] = [0, 0];
  return () => {
    if (at === messages.length) {
      at = 0;
      if (++stream === streams.length) throw new Error('The prepared streams are too few.');
    }
    use(streams[stream]!, messages[at++]!);
  };
}

function warm(run: () => void): () => void {
  for (let i = 0; i < WARM_UP_RUNS; i++) run();
  return run;
}

async function receiveContest(messages: readonly Buffer[]): Promise<Contest> {
  const streams = await Promise.all(Array.from({ length: STREAMS }, openStream));
  let received = 0;
  for (const { stream } of streams) stream.onAudio((frame) => (received += frame.samples.length));
  const ours = lap(streams, messages, ({ socket }, message) => {
    const before = received;
    socket.receive(message);
    if (received !== before + 160) throw new Error('A frame was lost.');
  });
  let theirs = 0;
  return {
    title: 'Twilio media message to 160 samples',
    unit: 'message',
    contestants: [
      { name: 'TwilioMediaStream', run: warm(ours) },
      {
        name: 'JSON.parse, Buffer.from, alawmulaw',
        run: warm(() => void usualReceive(messages[theirs++ % messages.length]!)),
      },
    ],
    mustBeTimesCheaper: { 'JSON.parse, Buffer.from, alawmulaw': 2 },
    budgetMicroseconds: 1.9,
  };
}

async function sendContest(): Promise<Contest> {
  const ours = await openStream();
  const theirs = new MemorySocket();
  const samples = Int16Array.from({ length: 160 }, (_, i) => 5_000 * Math.sin(i / 3));
  return {
    title: '160 samples to a Twilio media message',
    unit: 'message',
    contestants: [
      { name: 'TwilioMediaStream', run: warm(() => void ours.stream.sendAudio(samples)) },
      {
        name: 'alawmulaw, toString, JSON.stringify',
        run: warm(() => usualSend(theirs, samples)),
      },
    ],
    mustBeTimesCheaper: { 'alawmulaw, toString, JSON.stringify': 2 },
    budgetMicroseconds: 1.2,
  };
}

/** Gives every frame back at once: the least that an agent could cost. */
function echo(connection: EdgeConnection): void {
  connection.onAudio((frame) => connection.publish(frame));
}

interface OpenLeg extends OpenStream {
  readonly tick: () => void;
}

async function openLeg(): Promise<OpenLeg> {
  const { socket, stream } = await openStream();
  const edge = await createLocalEdge().createCall({ id: 'bench' });
  const { clock, tick } = manualTicks();
  await attachPhoneToCall(edge, stream, { id: 'phone' }, { clock });
  echo(await edge.join({ id: 'agent' }, { sampleRate: 16000 }));
  return { socket, stream, tick };
}

/** The whole phone leg in process: message, mu-law, 8 to 16 kHz, an agent that echoes, and back. */
async function legContest(messages: readonly Buffer[]): Promise<Contest> {
  const legs = await Promise.all(Array.from({ length: STREAMS }, openLeg));
  const ours = lap(legs, messages, ({ socket, tick }, message) => {
    const before = socket.sentMessages;
    socket.receive(message);
    tick();
    if (socket.sentMessages === before) throw new Error('Nothing came back.');
  });
  const [up, down] = [createResampler(8000, 16000), createResampler(16000, 8000)];
  const theirs = new MemorySocket();
  let at = 0;
  return {
    title: 'whole phone leg, 8-16-8 kHz, without sockets',
    unit: 'frame',
    contestants: [
      { name: 'bridge on LocalEdge', run: warm(ours) },
      {
        name: 'usual code with our resampler',
        run: warm(() => {
          const message = messages[at++ % messages.length]!;
          const parsed = JSON.parse(message.toString()) as { media: { payload: string } };
          const heard = alawmulaw.mulaw.decode(Buffer.from(parsed.media.payload, 'base64'));
          usualSend(theirs, down.process(up.process(heard)));
        }),
      },
    ],
    budgetMicroseconds: 25,
  };
}

/** A clock whose ticks are made by hand, so that the leg works as fast as it can. */
function manualTicks(): { clock: Clock; tick: () => void } {
  let now = 0;
  let due: (() => void) | undefined;
  return {
    clock: {
      now: () => now,
      wallTimeMs: () => now,
      setTimeout: (callback) => {
        due = callback;
        return { cancel: () => (due = undefined) };
      },
    },
    tick: () => {
      now += 20;
      due?.();
    },
  };
}

/** Parsing, building and the whole phone leg, per 20 ms. */
export const mediaSuite: Suite = {
  title: 'Twilio media messages and the phone leg, against JSON and alawmulaw',
  run: async (print) => {
    const messages = mediaMessages(MESSAGES);
    const verdicts = [];
    for (const contest of [
      () => receiveContest(messages),
      () => sendContest(),
      () => legContest(messages),
    ]) {
      const made = await contest();
      const result = runContest(made, { turnMicroseconds: 4_000 });
      for (const line of describeResult(result)) print(line);
      for (const verdict of result.verdicts) {
        verdicts.push({ ...verdict, text: `${made.title}: ${verdict.text}` });
      }
    }
    return verdicts;
  },
};
