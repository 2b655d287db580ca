import type { Browser, Page } from 'playwright-core';
import type {
  JitterBufferStats,
  PageJoinOptions,
  PageParticipant,
} from '../../page/page-interface.ts';
import { type BrowserOptions, launchBrowser } from './launch-browser.ts';
import { type PageServer, startPageServer } from './page-server.ts';

/** The rate of {@link BrowserParticipant.recorded}. */
export const RECORDING_RATE = 16_000;
const STEP_TIMEOUT_MS = 60_000;

export type BrowserParticipantOptions = Omit<BrowserOptions, 'switches'>;

declare const window: { readonly participant: PageParticipant };

/**
 * Somebody in a call with a browser: Stream's SDK in a real page in headless Chromium. Nothing in it is ours but the
 * few lines that call the SDK and record what the page gets to hear.
 */
export class BrowserParticipant {
  /** What went wrong in the page, in its own words. */
  readonly faults: string[] = [];
  readonly #server: PageServer;
  readonly #browser: Browser;
  readonly #page: Page;

  private constructor(server: PageServer, browser: Browser, page: Page) {
    this.#server = server;
    this.#browser = browser;
    this.#page = page;
    page.setDefaultTimeout(STEP_TIMEOUT_MS);
    page.on('pageerror', (error) => this.faults.push(error.message));
  }

  static async launch(options: BrowserParticipantOptions): Promise<BrowserParticipant> {
    const server = await startPageServer();
    let browser: Browser | undefined;
    try {
      browser = await launchBrowser({
        ...options,
        switches: [
          '--autoplay-policy=no-user-gesture-required',
          // So that it reaches 127.0.0.1, and works where there is no other interface.
          '--disable-features=WebRtcHideLocalIpsWithMdns',
          '--allow-loopback-in-peer-connection',
        ],
      });
      const page = await browser.newPage();
      const participant = new BrowserParticipant(server, browser, page);
      await page.goto(server.url);
      return participant;
    } catch (error) {
      await browser?.close();
      await server.close();
      throw error;
    }
  }

  async join(options: PageJoinOptions): Promise<void> {
    await this.#page.evaluate((given) => window.participant.join(given), options);
  }

  /** Resolves when the page sees a participant of this name. */
  async sees(name: string): Promise<void> {
    await this.#page.waitForFunction((given) => window.participant.names().includes(given), name);
  }

  /** Resolves when the page no longer sees a participant of this name. */
  async misses(name: string): Promise<void> {
    await this.#page.waitForFunction((given) => !window.participant.names().includes(given), name);
  }

  /** Begins to record a participant, as soon as sound arrives. */
  async record(name: string): Promise<void> {
    await this.#page.waitForFunction((given) => window.participant.hears(given), name);
    await this.#page.evaluate((given) => window.participant.record(given), name);
  }

  /** What was recorded, as soon as there is so much of it. */
  async recorded(seconds: number): Promise<Int16Array> {
    await this.#page.waitForFunction(
      (given) => window.participant.recordedSeconds() >= given,
      seconds,
    );
    const text = await this.#page.evaluate(() => window.participant.recorded());
    const bytes = Buffer.from(text, 'base64');
    const samples = new Int16Array(bytes.length / 2);
    for (let index = 0; index < samples.length; index++) {
      samples[index] = bytes.readInt16LE(2 * index);
    }
    return samples;
  }

  /** When sound of at least this level (0 to 1) began after silence, in ms since 1970, since it records. */
  async onsets(level: number): Promise<number[]> {
    return this.#page.evaluate((given) => window.participant.onsets(given), level);
  }

  /** What the browser's own jitter buffer has done since the join. */
  async jitterBuffer(): Promise<JitterBufferStats> {
    return this.#page.evaluate(() => window.participant.jitterBuffer());
  }

  async leave(): Promise<void> {
    await this.#page.evaluate(() => window.participant.leave());
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await this.#server.close();
  }
}
