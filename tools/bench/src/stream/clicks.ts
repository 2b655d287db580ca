import type { EdgeConnection } from '@phone-agents/core';
import { FRAME_DURATION_MS, samplesPerFrame, sharedTicker, systemClock } from '@phone-agents/core';

/** From one click to the next: longer than any delay, so that it is clear which click was heard. */
export const CLICK_INTERVAL_MS = 500;
const CLICK_INTERVAL_FRAMES = CLICK_INTERVAL_MS / FRAME_DURATION_MS;
const CLICK_LEVEL = 12_000;
/** Louder than this, of 1, is a click, and not the codec's idea of silence. */
export const HEARD_LEVEL = 0.1;

/**
 * Publishes silence with a click twice a second, in real time.
 *
 * @param onClick Told when a click's frame is about to be published.
 * @returns Stops it.
 */
export function startClicking(connection: EdgeConnection, onClick: () => void): () => void {
  const { sampleRate } = connection;
  const samples = new Int16Array(samplesPerFrame(sampleRate));
  let index = 0;
  return sharedTicker(systemClock).subscribe(() => {
    const isClick = index % CLICK_INTERVAL_FRAMES === 0;
    // A low burst from the frame's first sample on: the codec keeps its edge.
    for (let i = 0; i < samples.length; i++) {
      samples[i] = isClick ? CLICK_LEVEL * Math.sin(1.2 * (i + 1)) : 0;
    }
    if (isClick) onClick();
    connection.publish({ samples, sampleRate, timestampSamples: index++ * samples.length });
  });
}
