import { setTimeout as pause } from 'node:timers/promises';
import { BrowserParticipant, findChromium } from '@phone-agents/stream-standin/browser';
import { CLICK_INTERVAL_MS, HEARD_LEVEL, startClicking } from './clicks.ts';
import type { StandinProcess } from './standin-process.ts';

const PHONE_RATE = 8000;
const PHONE_NAME = 'The phone';
const CALL_ID = 'bench-browser';
/** Until the browser's jitter buffer knows the network: the load of the start makes it wait long at first. */
const SETTLE_MS = 15_000;

export interface BrowserDelays {
  /** One value a click, in ms. */
  readonly delaysMs: readonly number[];
  /** How much of it sound waited in the browser's own jitter buffer, in ms. */
  readonly jitterBufferMs: number;
}

/**
 * How late the phone's sound is in a browser: from the moment in which a click's frame is published, to when
 * it comes out of Chromium's own jitter buffer and decoder to be played, as Stream's SDK in the page gets it.
 * Both clocks are this machine's.
 *
 * @returns undefined where neither Chromium nor Chrome is installed.
 */
export async function measureBrowserDelays(
  standin: StandinProcess,
  clicks: number,
): Promise<BrowserDelays | undefined> {
  const executablePath = findChromium();
  if (executablePath === undefined) return undefined;
  const browser = await BrowserParticipant.launch({ executablePath });
  const call = await standin.edge.createCall({ id: CALL_ID });
  const clickedAtMs: number[] = [];
  let stop: (() => void) | undefined;
  try {
    const phone = await call.join({ id: 'phone', name: PHONE_NAME }, { sampleRate: PHONE_RATE });
    stop = startClicking(phone, () => clickedAtMs.push(Date.now()));
    await browser.join(standin.pageJoinOptions(CALL_ID));
    await browser.record(PHONE_NAME);
    await pause(SETTLE_MS);
    const before = await browser.jitterBuffer();
    const beganAtMs = Date.now();
    await pause(clicks * CLICK_INTERVAL_MS);
    const after = await browser.jitterBuffer();
    const onsets = await browser.onsets(HEARD_LEVEL);
    const delaysMs = onsets
      .filter((onset) => onset >= beganAtMs)
      .map((onset) => onset - clickedAtMs.findLast((click) => click <= onset)!);
    const waitedMs = after.waitedMs - before.waitedMs;
    return { delaysMs, jitterBufferMs: waitedMs / (after.samples - before.samples) };
  } finally {
    stop?.();
    await call.end();
    await browser.close();
  }
}
