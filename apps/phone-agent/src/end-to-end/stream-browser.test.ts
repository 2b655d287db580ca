import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recognizeSpeech } from '@phone-agents/agent';
import type { EdgeParticipant } from '@phone-agents/core';
import { encodeWav, maskPhoneNumber, silentLogger } from '@phone-agents/core';
import { ToneEar, toneSamples, toneShare } from '@phone-agents/core/testing';
import { offlineSpeechToText, speechRecognitionAvailability } from '@phone-agents/offline';
import type { CarrierCall } from '@phone-agents/simulator';
import type { StreamStandin } from '@phone-agents/stream-standin';
import { createStreamStandin } from '@phone-agents/stream-standin';
import {
  BrowserParticipant,
  findChromium,
  RECORDING_RATE,
} from '@phone-agents/stream-standin/browser';
import { wordAccuracy } from '../demo/word-match.ts';
import { renderForPhone } from '../render-for-phone.ts';
import type { RunningServer } from '../server.ts';
import { startServer } from '../server.ts';
import { readSettings } from '../settings.ts';

/** What the caller's phone and the visitor's microphone sound like. */
const CALLER_TONE_HZ = 440;
const VISITOR_TONE_HZ = 1_000;
const MICROPHONE_RATE = 48_000;
const SENTENCE = 'I would like to know when you are open on Saturday.';
/** Words right of those said; a sentence that lost its way has hardly any. */
const LOWEST_ACCURACY = 0.75;
/** On a machine that stumbles a sentence may be torn; a phone caller would say it again. */
const ATTEMPTS = 3;

const chromiumFile = findChromium();
const recognition = await speechRecognitionAvailability();
const testInBrowser = chromiumFile === undefined ? test.skip : test;
const testByEar = chromiumFile === undefined || !recognition.available ? test.skip : test;
const noBrowser =
  chromiumFile === undefined ? ' [skipped: neither Chromium nor Chrome is installed]' : '';
const noEar = noBrowser || (recognition.available ? '' : ` [skipped: ${recognition.reason}]`);

/** Nobody of ours answers: it is the visitor in the browser who does. */
const nobody: EdgeParticipant = { join: async () => ({ close: async () => {} }) };

let folder: string | undefined;
let standin: StreamStandin;
let server: RunningServer;
let visitor: BrowserParticipant;
let caller: CarrierCall;
let phoneName: string;

beforeAll(async () => {
  if (chromiumFile === undefined) return;
  folder = await mkdtemp(join(tmpdir(), 'phone-agents-stream-'));
  const microphoneFile = join(folder, 'microphone.wav');
  const tone = toneSamples(VISITOR_TONE_HZ, MICROPHONE_RATE, 1_000);
  await writeFile(microphoneFile, encodeWav({ sampleRate: MICROPHONE_RATE, channels: [tone] }));
  standin = await createStreamStandin();
  const settings = readSettings({
    PHONE_NETWORK: 'simulated',
    PORT: '0',
    EDGE: 'stream',
    STREAM_API_KEY: standin.apiKey,
    STREAM_API_SECRET: standin.apiSecret,
    STREAM_BASE_URL: standin.url,
  });
  server = await startServer(settings, { agent: nobody, logger: silentLogger });
  visitor = await BrowserParticipant.launch({ executablePath: chromiumFile, microphoneFile });
  caller = await server.carrier!.placeCall();
  await caller.connected;
  const [call] = server.phone.calls.listActive();
  const { id } = call!;
  phoneName = maskPhoneNumber(call!.from);
  await visitor.join({
    apiKey: standin.apiKey,
    userId: 'visitor',
    name: 'Visitor',
    token: standin.userToken('visitor'),
    callType: 'default',
    callId: id,
    baseUrl: `${standin.url}/video`,
    locationHintUrl: standin.locationHintUrl,
  });
}, 180_000);

afterAll(async () => {
  await visitor?.close();
  await server?.close();
  await standin?.close();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
}, 60_000);

testInBrowser(
  `a visitor with Stream's SDK in a browser sees the phone by its masked name, hears the caller's tone, and is heard on the phone${noBrowser}`,
  async () => {
    await visitor.sees(phoneName);
    expect(phoneName).not.toContain(caller.from.slice(0, -2));

    await visitor.record(phoneName);
    const callersTone = toneSamples(CALLER_TONE_HZ, caller.sampleRate, 2_000);
    do await caller.speak(callersTone);
    while (!hasTone(await visitor.recorded(1), CALLER_TONE_HZ));

    const phoneEar = new ToneEar();
    await new Promise<void>((resolve) => {
      const stop = caller.onHeard((frame) => {
        phoneEar.hear(frame);
        if (!phoneEar.hears(VISITOR_TONE_HZ)) return;
        stop();
        resolve();
      });
    });
  },
  120_000,
);

testByEar(
  `a sentence that the caller says is understood from what arrives in the browser${noEar}`,
  async () => {
    const stt = offlineSpeechToText({
      phrases: [SENTENCE],
      endTurnTimeoutMs: 30_000,
      minimumScorePerFrame: -Infinity,
    });
    try {
      const words = await renderForPhone(SENTENCE, caller.sampleRate);
      const seconds = words.length / caller.sampleRate;
      let accuracy = 0;
      for (let attempt = 1; attempt <= ATTEMPTS && accuracy < LOWEST_ACCURACY; attempt++) {
        await visitor.record(phoneName);
        await visitor.recorded(0.5);
        await caller.speak(words);
        const heard = await recognizeSpeech(
          stt,
          await visitor.recorded(seconds + 1.5),
          RECORDING_RATE,
        );
        accuracy = Math.max(accuracy, wordAccuracy(SENTENCE, heard));
      }
      expect(accuracy).toBeGreaterThanOrEqual(LOWEST_ACCURACY);
    } finally {
      await stt.close?.();
    }
  },
  180_000,
);

testInBrowser(
  `when the caller hangs up, the call is over in the browser too${noBrowser}`,
  async () => {
    caller.hangUp();
    await visitor.misses(phoneName);
    await server.phone.drain();
    expect(visitor.faults).toEqual([]);
  },
  120_000,
);

/** Whether most of 200 ms within the last two seconds is this tone. */
function hasTone(recorded: Int16Array, frequencyHz: number): boolean {
  const window = RECORDING_RATE / 5;
  for (let end = recorded.length; end >= window; end -= window) {
    if (recorded.length - end > 2 * RECORDING_RATE) break;
    const part = recorded.subarray(end - window, end);
    if (toneShare(part, RECORDING_RATE, frequencyHz) > 0.8) return true;
  }
  return false;
}
