import type { PhoneAgentError } from '@phone-agents/core';
import { EngineThread } from '../worker/engine-thread.ts';
import { SharedResource } from '../worker/shared-resource.ts';
import type { WindowBatch, WindowResults } from './silero-worker.ts';

const WINDOW_SAMPLES = 512;
const SMALLEST_BATCH = 8;

/** What a stream is told. */
export interface SileroListener {
  onProbability(probability: number): void;
  onFailure(error: PhoneAgentError): void;
}

/** One thread with the Silero model for all streams of the process; windows travel in batches. */
export class SileroEngine {
  readonly #thread: EngineThread;
  readonly #listeners = new Map<number, SileroListener>();
  #nextStream = 1;
  #streams: number[] = [];
  #samples = new Int16Array(SMALLEST_BATCH * WINDOW_SAMPLES);
  #outstanding = 0;
  #failed = false;

  constructor() {
    this.#thread = new EngineThread({
      name: 'silero-worker',
      callerUrl: import.meta.url,
      onMessage: (message) => this.#deliver(message as WindowResults),
      onFailure: (error) => {
        this.#failed = true;
        const listeners = [...this.#listeners.values()];
        this.#listeners.clear();
        for (const listener of listeners) listener.onFailure(error);
      },
    });
  }

  get failed(): boolean {
    return this.#failed;
  }

  prepare(): Promise<void> {
    return this.#thread.request({ type: 'prepare' });
  }

  open(listener: SileroListener): number {
    const stream = this.#nextStream;
    this.#nextStream += 1;
    this.#listeners.set(stream, listener);
    return stream;
  }

  /** Takes one window of 512 samples, copied. What comes in one turn of the event loop goes in one message. */
  analyse(stream: number, window: Int16Array): void {
    if (this.#failed) return;
    if (this.#streams.length === 0) setImmediate(() => this.#flush());
    const at = this.#streams.length * WINDOW_SAMPLES;
    if (at === this.#samples.length) {
      const grown = new Int16Array(this.#samples.length * 2);
      grown.set(this.#samples);
      this.#samples = grown;
    }
    this.#samples.set(window, at);
    this.#streams.push(stream);
  }

  close(stream: number): void {
    if (!this.#listeners.delete(stream)) return;
    this.#flush();
    this.#thread.post({ type: 'forget', stream });
  }

  async shutDown(): Promise<void> {
    this.#listeners.clear();
    await this.#thread.close();
  }

  #flush(): void {
    const count = this.#streams.length;
    if (count === 0) return;
    const streams = Uint32Array.from(this.#streams);
    const samples = this.#samples.slice(0, count * WINDOW_SAMPLES);
    this.#streams = [];
    if (this.#outstanding === 0) this.#thread.hold();
    this.#outstanding += count;
    const batch: WindowBatch = { type: 'windows', streams, samples };
    this.#thread.post(batch, [streams.buffer, samples.buffer]);
  }

  #deliver({ streams, probabilities }: WindowResults): void {
    this.#outstanding -= streams.length;
    if (this.#outstanding === 0) this.#thread.release();
    streams.forEach((stream, index) => {
      this.#listeners.get(stream)?.onProbability(probabilities[index] as number);
    });
  }
}

let shared: SharedResource<SileroEngine> | undefined;

/** The engine that all detectors of this process share. */
export function sharedSileroEngine(): SharedResource<SileroEngine> {
  shared ??= new SharedResource(
    () => new SileroEngine(),
    (engine) => engine.shutDown(),
    (engine) => !engine.failed,
  );
  return shared;
}
