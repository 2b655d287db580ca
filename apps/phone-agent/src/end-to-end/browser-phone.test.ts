import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeWav, silentLogger } from '@phone-agents/core';
import { offlineTextToSpeech, speechRecognitionAvailability } from '@phone-agents/offline';
import { findChromium, launchBrowser } from '@phone-agents/stream-standin/browser';
import type { Browser, Page } from 'playwright-core';
import type { OfflineAgent } from '../agents/offline-agent.ts';
import { createOfflineAgent } from '../agents/offline-agent.ts';
import { createAnswering } from '../answering.ts';
import { SUPPORT_FOLDER } from '../demo/run-support-demo.ts';
import type { RunningServer } from '../server.ts';
import { startServer } from '../server.ts';
import { readSettings } from '../settings.ts';

const QUESTION = 'When are you open?';
const chromiumFile = findChromium();
const recognition = await speechRecognitionAvailability();
const testPage = chromiumFile === undefined ? test.skip : test;
const testByEar = chromiumFile === undefined || !recognition.available ? test.skip : test;
const whyNot =
  chromiumFile === undefined ? ' [skipped: neither Chromium nor Chrome is installed]' : '';
const noEar = whyNot || (recognition.available ? '' : ` [skipped: ${recognition.reason}]`);

let folder: string;
let offline: OfflineAgent | undefined;
let browser: Browser | undefined;
let server: RunningServer | undefined;

beforeAll(async () => {
  if (chromiumFile === undefined) return;
  folder = await mkdtemp(join(tmpdir(), 'phone-agents-browser-'));
  const build = fileURLToPath(
    new URL('../../../../packages/simulator/page/build.mjs', import.meta.url),
  );
  expect(spawnSync(process.execPath, [build]).status).toBe(0);
  const voice = join(folder, 'voice.wav');
  await writeFile(voice, await recordVoice());
  offline = await createOfflineAgent();
  browser = await launchBrowser({ executablePath: chromiumFile, microphoneFile: voice });
}, 180_000);

afterEach(() => server?.close());

afterAll(async () => {
  await browser?.close();
  await offline?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

/** What the microphone hears, again and again: silence in which the agent greets, then the question. */
async function recordVoice(): Promise<Uint8Array> {
  const tts = offlineTextToSpeech();
  const words: number[] = [];
  for await (const samples of tts.synthesize(QUESTION, {})) words.push(...samples);
  await tts.close?.();
  const before = 4 * tts.sampleRate;
  const samples = new Int16Array(before + words.length + 15 * tts.sampleRate);
  samples.set(words, before);
  return encodeWav({ sampleRate: tts.sampleRate, channels: [samples] });
}

async function openPage(server: RunningServer): Promise<{ page: Page; faults: string[] }> {
  const page = await browser!.newPage();
  page.setDefaultTimeout(100_000);
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  await page.goto(server.url.replace('127.0.0.1', 'localhost'));
  return { page, faults };
}

/** Resolves when a meter shows that something is to be heard. */
async function moved(page: Page, meter: string): Promise<void> {
  await page.waitForFunction(
    (element) => Number(Reflect.get(element as object, 'value')) > 0.2,
    await page.locator(`#${meter}`).elementHandle(),
  );
}

testPage.each(['twilio', 'telnyx'])(
  `a person calls from the page by %s: speaks, is answered, presses a key, sees delays and hangs up${whyNot}`,
  async (provider) => {
    server = await startServer(
      readSettings({ PHONE_PROVIDER: provider, PHONE_NETWORK: 'simulated', PORT: '0' }),
      { agent: offline!.agent, logger: silentLogger },
    );
    const { page, faults } = await openPage(server);
    await page.getByRole('button', { name: 'Call' }).click();
    await moved(page, 'agent-level');
    const mine = page.locator('#transcript li.caller');
    const agents = page.locator('#transcript li.agent');
    if (offline!.keypadOnlyBecause === undefined) {
      await moved(page, 'caller-level');
      await mine.filter({ hasText: /open/i }).first().waitFor();
      await agents
        .filter({ hasText: /Monday to Friday/ })
        .first()
        .waitFor();
    }
    await page.getByRole('button', { name: '2', exact: true }).click();
    const key = mine.filter({ hasText: 'key 2' });
    await key.filter({ hasText: /answered after \d+ ms/ }).waitFor();
    expect(await page.locator('#delays').textContent()).toMatch(
      /^last answer after \d+ ms, median/,
    );
    await page.getByRole('button', { name: 'Hang up' }).click();
    await page.getByRole('button', { name: 'Call' }).waitFor();
    expect(await page.getByRole('status').textContent()).toBe('You hung up');
    expect(faults).toEqual([]);
    await server.phone.drain();
    expect(server.phone.calls.activeCount).toBe(0);
  },
  240_000,
);

testByEar(
  `a person who asks an agent that answers from documents sees which ones it looked into${noEar}`,
  async () => {
    const settings = readSettings({
      KNOWLEDGE_DIR: SUPPORT_FOLDER,
      PHONE_NETWORK: 'simulated',
      PORT: '0',
    });
    const answering = await createAnswering(settings, silentLogger);
    try {
      server = await startServer(settings, { agent: answering.agent, logger: silentLogger });
      const { page } = await openPage(server);
      await page.getByRole('button', { name: 'Call' }).click();
      await page
        .locator('#transcript li.note')
        .filter({ hasText: /searchKnowledge: .*support\/documents\/visiting\.md/ })
        .first()
        .waitFor();
      await page.getByRole('button', { name: 'Hang up' }).click();
      await page.getByRole('button', { name: 'Call' }).waitFor();
    } finally {
      await server?.close();
      await answering.close();
    }
  },
  240_000,
);
