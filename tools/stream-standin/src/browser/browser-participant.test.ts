import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Decoder, Encoder } from '@evan/opus';
import { encodeWav, type SampleRate } from '@phone-agents/core';
import { ToneGenerator, toneSamples, toneShare } from '@phone-agents/core/testing';
import { useStandin } from '../test-support/standin-fixture.ts';
import { BrowserParticipant, findChromium, RECORDING_RATE } from './index.ts';

const RATE = 48_000;
const FRAME_SAMPLES = 960;
/** What Node says and what the browser's microphone hears. */
const NODE_TONE_HZ = 440;
const BROWSER_TONE_HZ = 1_000;

const chromiumFile = findChromium();
const testInBrowser = chromiumFile === undefined ? test.skip : test;
const whyNot =
  chromiumFile === undefined ? ' [skipped: neither Chromium nor Chrome is installed]' : '';

const here = useStandin();
let folder: string;
let browser: BrowserParticipant | undefined;

beforeAll(async () => {
  if (chromiumFile === undefined) return;
  folder = await mkdtemp(join(tmpdir(), 'stream-standin-'));
  const microphoneFile = join(folder, 'tone.wav');
  const samples = toneSamples(BROWSER_TONE_HZ, RATE, 1_000);
  await writeFile(microphoneFile, encodeWav({ sampleRate: RATE, channels: [samples] }));
  browser = await BrowserParticipant.launch({ executablePath: chromiumFile, microphoneFile });
}, 120_000);

afterAll(async () => {
  await browser?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

/** Whether the last second is, for the most part, this tone: a busy machine has gaps in its sound. */
function isTone(samples: Int16Array, sampleRate: SampleRate, frequencyHz: number): boolean {
  const length = sampleRate / 20;
  const windows = Array.from({ length: 20 }, (_, index) =>
    samples.subarray(samples.length - (index + 1) * length, samples.length - index * length),
  );
  return windows.filter((window) => toneShare(window, sampleRate, frequencyHz) > 0.9).length >= 15;
}

testInBrowser(
  `the official SDK in a browser joins, sees, hears and is heard${whyNot}`,
  async () => {
    const page = browser!;
    const node = await here.join('caller', { name: 'Caller ending in 42' });
    await node.publish();
    const tone = new ToneGenerator(NODE_TONE_HZ, RATE);
    const encoder = new Encoder({ channels: 1, sample_rate: RATE, application: 'audio' });
    node.keepSending(() => Buffer.from(encoder.encode(tone.fill(new Int16Array(FRAME_SAMPLES)))));

    const { apiKey, url, locationHintUrl } = here.standin;
    await page.join({
      apiKey,
      userId: 'listener',
      name: 'Listener',
      token: here.standin.userToken('listener'),
      callType: 'default',
      callId: here.callId,
      baseUrl: `${url}/video`,
      locationHintUrl,
    });
    await page.sees('Caller ending in 42');
    await page.record('Caller ending in 42');
    for (let seconds = 1; !isTone(await page.recorded(seconds), RECORDING_RATE, NODE_TONE_HZ);) {
      seconds++;
    }
    expect((await page.onsets(0.01)).length).toBeGreaterThan(0);
    expect((await page.jitterBuffer()).samples).toBeGreaterThan(0);

    const decoder = new Decoder({ channels: 1, sample_rate: RATE });
    const heardByNode = (): Int16Array =>
      Int16Array.from(
        node
          .heard('listener')
          .slice(-50)
          .flatMap((packet) => {
            const { buffer, byteOffset, byteLength } = decoder.decode(packet);
            return [...new Int16Array(buffer, byteOffset, byteLength / 2)];
          }),
      );
    do await node.hearsMore('listener', 50);
    while (!isTone(heardByNode(), RATE, BROWSER_TONE_HZ));

    await node.leave();
    await page.misses('Caller ending in 42');
    await page.leave();
    await here.standin.until(here.cid, (participants) => participants.length === 0);
    expect(page.faults).toEqual([]);
  },
  180_000,
);
