import { setTimeout as pause } from 'node:timers/promises';
import type { EdgeTransport } from '@phone-agents/core';
import { sharedTicker, systemClock } from '@phone-agents/core';

const PHONE_RATE = 8000;
const LISTENER_RATE = 48_000;
const FRAME_MS = 20;
/** Silence between two clicks. */
const FRAMES_BETWEEN = 15;
const CLICK_LEVEL = 12_000;
/** Louder than this is a click, not the codec's idea of silence. */
const HEARD_LEVEL = 3_000;

/**
 * How late the phone's sound is at a listener, in ms, one value a click: from the moment in which the
 * click's frame is published, to when a listener plays it that waits as long as the connection tells it
 * to. Encoding, the network, ordering, decoding and waiting are in it.
 */
export async function measureDelays(edge: EdgeTransport, clicks: number): Promise<number[]> {
  const call = await edge.createCall({ id: 'bench-delay' });
  const phone = await call.join({ id: 'delay-phone' }, { sampleRate: PHONE_RATE });
  const listener = await call.join({ id: 'delay-listener' }, { sampleRate: LISTENER_RATE });
  const delays: number[] = [];
  let clickedAtMs: number | undefined;
  listener.onAudio(({ samples }, { id }) => {
    if (clickedAtMs === undefined) return;
    const at = samples.findIndex((sample) => Math.abs(sample) > HEARD_LEVEL);
    if (at < 0) return;
    const waitMs = listener.playoutDelayMs?.(id) ?? 0;
    const intoFrameMs = (at * 1000) / LISTENER_RATE;
    delays.push(performance.now() - clickedAtMs + intoFrameMs + waitMs);
    clickedAtMs = undefined;
  });
  const frame = new Int16Array((PHONE_RATE / 1000) * FRAME_MS);
  let index = 0;
  const stop = sharedTicker(systemClock).subscribe(() => {
    const isClick = index % FRAMES_BETWEEN === 0;
    frame.fill(0);
    if (isClick) {
      // A low burst from the frame's first sample on: the codec keeps its edge.
      for (let i = 0; i < frame.length; i++) frame[i] = CLICK_LEVEL * Math.sin(1.2 * (i + 1));
      clickedAtMs = performance.now();
    }
    phone.publish({
      samples: frame,
      sampleRate: PHONE_RATE,
      timestampSamples: index++ * frame.length,
    });
  });
  while (delays.length < clicks) await pause(FRAME_MS);
  stop();
  await call.end();
  return delays;
}
