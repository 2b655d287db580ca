import { setTimeout as pause } from 'node:timers/promises';
import type { EdgeTransport } from '@phone-agents/core';
import { HEARD_LEVEL, startClicking } from './clicks.ts';

const PHONE_RATE = 8000;
const LISTENER_RATE = 48_000;

/**
 * How late the phone's sound is at a listener in this process, in ms, one value a click: from the moment in
 * which the click's frame is published, to when a listener plays it that waits as long as the connection
 * tells it to. Encoding, the network, ordering, decoding and waiting are in it.
 */
export async function measureDelays(edge: EdgeTransport, clicks: number): Promise<number[]> {
  const call = await edge.createCall({ id: 'bench-delay' });
  const phone = await call.join({ id: 'delay-phone' }, { sampleRate: PHONE_RATE });
  const listener = await call.join({ id: 'delay-listener' }, { sampleRate: LISTENER_RATE });
  const delays: number[] = [];
  let clickedAtMs: number | undefined;
  listener.onAudio(({ samples }, { id }) => {
    if (clickedAtMs === undefined) return;
    const at = samples.findIndex((sample) => Math.abs(sample) > HEARD_LEVEL * 32_768);
    if (at < 0) return;
    const waitMs = listener.playoutDelayMs?.(id) ?? 0;
    const intoFrameMs = (at * 1000) / LISTENER_RATE;
    delays.push(performance.now() - clickedAtMs + intoFrameMs + waitMs);
    clickedAtMs = undefined;
  });
  const stop = startClicking(phone, () => (clickedAtMs = performance.now()));
  while (delays.length < clicks) await pause(20);
  stop();
  await call.end();
  return delays;
}
