import type { SimulatedCall } from '@phone-agents/core/testing';

/** Below this a frame counts as quiet: about −50 dB of full scale. */
const QUIET_LEVEL = 100;

/** How long to listen. */
export interface UntilQuietOptions {
  /** Silence at the ear that ends the wait, after something was heard; default 1,000 ms. */
  readonly quietMs?: number | undefined;
  /** Give up waiting for the first sound after this; default 10,000 ms. */
  readonly giveUpMs?: number | undefined;
}

/**
 * Listens until the other side has spoken and fallen silent, counted in heard audio and not by a
 * clock. Resolves with true then, with false when nothing was heard in time or the call ended.
 */
export function untilQuiet(call: SimulatedCall, options: UntilQuietOptions = {}): Promise<boolean> {
  const { quietMs = 1_000, giveUpMs = 10_000 } = options;
  return new Promise((resolve) => {
    let heardSomething = false;
    let silentMs = 0;
    const stop = call.onHeard((frame) => {
      const durationMs = (frame.samples.length * 1000) / frame.sampleRate;
      if (isLoud(frame.samples)) {
        heardSomething = true;
        silentMs = 0;
      } else silentMs += durationMs;
      if (silentMs >= (heardSomething ? quietMs : giveUpMs)) finish(heardSomething);
    });
    const finish = (result: boolean): void => {
      stop();
      resolve(result);
    };
    void call.ended.then(() => finish(false));
  });
}

/**
 * Listens until so much sound was heard from now on, pauses not counted. Resolves with true then, with
 * false when that took more than `giveUpMs` or the call ended.
 */
export function untilHeard(
  call: SimulatedCall,
  durationMs: number,
  giveUpMs = 10_000,
): Promise<boolean> {
  return new Promise((resolve) => {
    let heardMs = 0;
    let passedMs = 0;
    const stop = call.onHeard(({ samples, sampleRate }) => {
      const frameMs = (samples.length * 1000) / sampleRate;
      passedMs += frameMs;
      if (isLoud(samples)) heardMs += frameMs;
      if (heardMs >= durationMs) finish(true);
      else if (passedMs >= giveUpMs) finish(false);
    });
    const finish = (result: boolean): void => {
      stop();
      resolve(result);
    };
    void call.ended.then(() => finish(false));
  });
}

/** Whether something can be heard in these samples. */
export function isLoud(samples: Int16Array): boolean {
  let power = 0;
  for (const sample of samples) power += sample * sample;
  return power > QUIET_LEVEL * QUIET_LEVEL * samples.length;
}
