import type { SimulatedCall } from '@phone-agents/core/testing';
import { isLoud } from '@phone-agents/simulator';

/** All that a caller hears, kept from the moment of listening on. */
export class HeardAudio {
  readonly #call: SimulatedCall;
  readonly #stop: () => void;
  #samples = new Int16Array(8_000 * 60);
  #length = 0;

  constructor(call: SimulatedCall) {
    this.#call = call;
    this.#stop = call.onHeard(({ samples }) => {
      if (this.#length + samples.length > this.#samples.length) {
        const larger = new Int16Array(this.#samples.length * 2);
        larger.set(this.#samples);
        this.#samples = larger;
      }
      this.#samples.set(samples, this.#length);
      this.#length += samples.length;
    });
  }

  /** Number of samples that were heard so far, silence included. */
  get length(): number {
    return this.#length;
  }

  /** What was heard since `from`. */
  since(from: number): Int16Array {
    return this.#samples.slice(from, this.#length);
  }

  /** Resolves with true when so much sound was heard from now on, with false when the call ends before. */
  untilHeard(durationMs: number, giveUpMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      let heardMs = 0;
      let passedMs = 0;
      const stop = this.#call.onHeard(({ samples, sampleRate }) => {
        const frameMs = (samples.length * 1000) / sampleRate;
        passedMs += frameMs;
        if (isLoud(samples)) heardMs += frameMs;
        if (heardMs >= durationMs) finish(true);
        else if (passedMs >= giveUpMs) finish(false);
      });
      const finish = (enough: boolean): void => {
        stop();
        resolve(enough);
      };
      void this.#call.ended.then(() => finish(false));
    });
  }

  stop(): void {
    this.#stop();
  }
}
