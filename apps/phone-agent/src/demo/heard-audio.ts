import type { SimulatedCall } from '@phone-agents/core/testing';
import { FRAME_DURATION_MS } from '@phone-agents/core';

/** All that a caller hears, kept from the moment of listening on. */
export class HeardAudio {
  readonly #call: SimulatedCall;
  readonly #stop: () => void;
  readonly #heard = new SampleLog();
  readonly #played = new SampleLog();
  /** For each frame that was heard: how many samples had been played until then. */
  readonly #playedUntil: number[] = [];

  constructor(call: SimulatedCall) {
    this.#call = call;
    this.#stop = call.onHeard(({ samples, sampleRate }) => {
      this.#heard.append(samples);
      const count = Math.round((call.playedMs * sampleRate) / 1000) - this.#played.length;
      this.#played.append(samples.subarray(0, Math.min(count, samples.length)));
      this.#playedUntil.push(this.#played.length);
    });
  }

  /** What was heard so far, silence included, in ms. */
  get durationMs(): number {
    return (this.#heard.length * 1000) / this.#call.sampleRate;
  }

  /** Samples of the server's that were played so far. */
  get playedSamples(): number {
    return this.#played.length;
  }

  /** What the carrier has played of the server's audio from sample `from` on, without its gaps. */
  playedSince(from: number): Int16Array {
    return this.#played.since(from);
  }

  /** When, from `fromMs` on, the carrier first had nothing of the server's to play, in ms. */
  emptyFromMs(fromMs: number): number {
    const first = Math.floor(fromMs / FRAME_DURATION_MS) + 1;
    for (let frame = first; frame < this.#playedUntil.length; frame++) {
      if (this.#playedUntil[frame] === this.#playedUntil[frame - 1]) {
        return frame * FRAME_DURATION_MS;
      }
    }
    return this.#playedUntil.length * FRAME_DURATION_MS;
  }

  /** Resolves with true when the carrier has nothing of the server's to play, with false when it always has. */
  untilEmpty(giveUpMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      let passedMs = 0;
      let emptyFrames = 0;
      let played = this.#played.length;
      const finish = (isEmpty: boolean): void => {
        stop();
        resolve(isEmpty);
      };
      const stop = this.#call.onHeard(() => {
        passedMs += FRAME_DURATION_MS;
        emptyFrames = this.#played.length === played ? emptyFrames + 1 : 0;
        played = this.#played.length;
        if (emptyFrames >= 2) finish(true);
        else if (passedMs >= giveUpMs) finish(false);
      });
      void this.#call.ended.then(() => finish(false));
    });
  }

  stop(): void {
    this.#stop();
  }
}

/** Samples in a row, as many as come. */
class SampleLog {
  #samples = new Int16Array(8_000 * 60);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  append(samples: Int16Array): void {
    if (this.#length + samples.length > this.#samples.length) {
      const larger = new Int16Array(this.#samples.length * 2);
      larger.set(this.#samples);
      this.#samples = larger;
    }
    this.#samples.set(samples, this.#length);
    this.#length += samples.length;
  }

  since(from: number): Int16Array {
    return this.#samples.slice(from, this.#length);
  }
}
