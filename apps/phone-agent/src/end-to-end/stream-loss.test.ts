import type { SpeechToText } from '@phone-agents/agent';
import { recognizeSpeech } from '@phone-agents/agent';
import type { EdgeConnection, EdgeParticipant, SampleRate } from '@phone-agents/core';
import {
  delay,
  samplesPerFrame,
  sharedTicker,
  silentLogger,
  systemClock,
} from '@phone-agents/core';
import { offlineSpeechToText, speechRecognitionAvailability } from '@phone-agents/offline';
import type { CarrierCall } from '@phone-agents/simulator';
import type { StreamStandin } from '@phone-agents/stream-standin';
import { createStreamStandin } from '@phone-agents/stream-standin';
import { wordAccuracy } from '../demo/word-match.ts';
import { renderForPhone } from '../render-for-phone.ts';
import type { RunningServer } from '../server.ts';
import { startServer } from '../server.ts';
import { readSettings } from '../settings.ts';

const SENTENCE = 'I would like to know when you are open on Saturday.';
/** Words right of those said; a sentence that lost its way has hardly any. */
const LOWEST_ACCURACY = 0.75;
/** On a machine that stumbles a sentence may be torn; a caller would say it again. */
const ATTEMPTS = 3;
const AGENT_RATE: SampleRate = 16000;
/** Behind the sentence so much is listened to, for what is late. */
const TAIL_MS = 1_000;

const recognition = await speechRecognitionAvailability();
const testByEar = recognition.available ? test : test.skip;
const noEar = recognition.available ? '' : ` [skipped: ${recognition.reason}]`;

/** An agent that keeps what it hears, and says what it is told. */
class Parrot implements EdgeParticipant {
  connection: EdgeConnection | undefined;
  #heard: Int16Array = new Int16Array(0);
  #from = 0;

  async join(...[call]: Parameters<EdgeParticipant['join']>): ReturnType<EdgeParticipant['join']> {
    const connection = await call.join({ id: 'parrot' }, { sampleRate: AGENT_RATE });
    this.connection = connection;
    connection.onAudio(({ samples, timestampSamples }) => {
      this.#from ||= timestampSamples;
      const at = timestampSamples - this.#from;
      if (at + samples.length <= this.#heard.length) this.#heard.set(samples, at);
    });
    return { close: () => connection.leave() };
  }

  /** Listens for so long: what is lost is silence. */
  async listen(durationMs: number): Promise<Int16Array> {
    this.#heard = new Int16Array((AGENT_RATE / 1000) * durationMs);
    this.#from = 0;
    await delay(systemClock, durationMs);
    return this.#heard;
  }

  /** Says it in real time. */
  async say(sound: Int16Array): Promise<void> {
    const length = samplesPerFrame(AGENT_RATE);
    let at = 0;
    await new Promise<void>((resolve) => {
      const stop = sharedTicker(systemClock).subscribe(() => {
        const samples = new Int16Array(length);
        samples.set(sound.subarray(at, at + length));
        this.connection?.publish({ samples, sampleRate: AGENT_RATE, timestampSamples: at });
        at += length;
        if (at < sound.length) return;
        stop();
        resolve();
      });
    });
  }
}

let standin: StreamStandin;
let server: RunningServer;
let caller: CarrierCall;
let stt: SpeechToText;
const parrot = new Parrot();

beforeAll(async () => {
  if (!recognition.available) return;
  standin = await createStreamStandin();
  const settings = readSettings({
    PHONE_NETWORK: 'simulated',
    PORT: '0',
    EDGE: 'stream',
    STREAM_API_KEY: standin.apiKey,
    STREAM_API_SECRET: standin.apiSecret,
    STREAM_BASE_URL: standin.url,
  });
  server = await startServer(settings, { agent: parrot, logger: silentLogger });
  caller = await server.carrier!.placeCall();
  await caller.connected;
  const [call] = server.phone.calls.listActive();
  await standin.until(
    `default:${call!.id}`,
    (participants) => participants.filter(({ publishesAudio }) => publishesAudio).length === 2,
  );
  for (const direction of ['send', 'receive'] as const) {
    standin.faults.setPacketFaults(direction, { lossRate: 0.05, jitterMs: 30 });
  }
  stt = offlineSpeechToText({
    phrases: [SENTENCE],
    endTurnTimeoutMs: 30_000,
    minimumScorePerFrame: -Infinity,
  });
}, 120_000);

afterAll(async () => {
  caller?.hangUp();
  await server?.close();
  await standin?.close();
  await stt?.close?.();
}, 60_000);

testByEar(
  `what the caller says is understood at the agent with 5 % loss and 30 ms of jitter${noEar}`,
  async () => {
    const words = await renderForPhone(SENTENCE, caller.sampleRate);
    const lengthMs = (words.length * 1000) / caller.sampleRate;
    await expectUnderstood(async () => {
      const heard = parrot.listen(lengthMs + TAIL_MS);
      await caller.speak(words);
      return { samples: await heard, sampleRate: AGENT_RATE };
    });
  },
  180_000,
);

testByEar(
  `what the agent says is understood on the phone with 5 % loss and 30 ms of jitter${noEar}`,
  async () => {
    const words = await renderForPhone(SENTENCE, AGENT_RATE);
    await expectUnderstood(async () => {
      const pieces: Int16Array[] = [];
      const stop = caller.onHeard(({ samples }) => pieces.push(samples.slice()));
      await parrot.say(words);
      await delay(systemClock, TAIL_MS);
      stop();
      const samples = Int16Array.from(pieces.flatMap((piece) => [...piece]));
      return { samples, sampleRate: caller.sampleRate };
    });
  },
  180_000,
);

interface Heard {
  readonly samples: Int16Array;
  readonly sampleRate: SampleRate;
}

async function expectUnderstood(hear: () => Promise<Heard>): Promise<void> {
  let accuracy = 0;
  for (let attempt = 1; attempt <= ATTEMPTS && accuracy < LOWEST_ACCURACY; attempt++) {
    const { samples, sampleRate } = await hear();
    const words = await recognizeSpeech(stt, samples, sampleRate);
    accuracy = Math.max(accuracy, wordAccuracy(SENTENCE, words));
  }
  expect(accuracy).toBeGreaterThanOrEqual(LOWEST_ACCURACY);
}
