import { EngineThread } from '../worker/engine-thread.ts';
import { SharedResource } from '../worker/shared-resource.ts';
import type { FliteVoice } from './flite-voice.ts';

interface QueuedSentence {
  readonly text: string;
  readonly voice: FliteVoice;
  resolve(samples: Int16Array | undefined): void;
  reject(error: Error): void;
}

/** One thread with flite; sentences are spoken in the order in which they were asked for. */
export class FliteEngine {
  readonly #thread: EngineThread;
  readonly #queue: QueuedSentence[] = [];
  #busy = false;
  #failed = false;

  constructor() {
    this.#thread = new EngineThread({
      name: 'flite-worker',
      callerUrl: import.meta.url,
      onFailure: () => {
        this.#failed = true;
      },
    });
  }

  get failed(): boolean {
    return this.#failed;
  }

  prepare(): Promise<void> {
    return this.#thread.request({ type: 'prepare' });
  }

  /** One sentence at 16 kHz; undefined where it was aborted. */
  speak(
    text: string,
    voice: FliteVoice,
    signal: AbortSignal | undefined,
  ): Promise<Int16Array | undefined> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return resolve(undefined);
      const aborted = () => {
        const index = this.#queue.indexOf(sentence);
        if (index >= 0) this.#queue.splice(index, 1);
        resolve(undefined);
      };
      const sentence: QueuedSentence = {
        text,
        voice,
        resolve: (samples) => {
          signal?.removeEventListener('abort', aborted);
          resolve(samples);
        },
        reject: (error) => {
          signal?.removeEventListener('abort', aborted);
          reject(error);
        },
      };
      signal?.addEventListener('abort', aborted, { once: true });
      this.#queue.push(sentence);
      void this.#work();
    });
  }

  async close(): Promise<void> {
    for (const sentence of this.#queue.splice(0)) sentence.resolve(undefined);
    await this.#thread.close();
  }

  async #work(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      try {
        const { text, voice } = next;
        next.resolve(await this.#thread.request<Int16Array>({ type: 'speak', text, voice }));
      } catch (error) {
        next.reject(error as Error);
      }
    }
    this.#busy = false;
  }
}

let shared: SharedResource<FliteEngine> | undefined;

/** The engine that all voices of this process share. */
export function sharedFliteEngine(): SharedResource<FliteEngine> {
  shared ??= new SharedResource(
    () => new FliteEngine(),
    (engine) => engine.close(),
    (engine) => !engine.failed,
  );
  return shared;
}
