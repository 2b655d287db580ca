import type { PhoneAgentError } from '@phone-agents/core';
import { EngineThread } from '../worker/engine-thread.ts';
import type { Hypothesis } from './pocketsphinx.ts';
import type { InterimWords, OpenDecoder } from './recogniser-worker.ts';

/** What a stream in a thread is told. */
export interface SeatListener {
  onInterim?: ((text: string) => void) | undefined;
  /** The thread is gone; the stream needs another seat. */
  onLost(error: PhoneAgentError): void;
}

/** A worker thread with the decoders of up to `seatsPerThread` calls. */
export class RecogniserThread {
  readonly #thread: EngineThread;
  readonly #seats = new Map<number, SeatListener>();
  #nextStream = 1;
  #gone = false;

  constructor() {
    this.#thread = new EngineThread({
      name: 'recogniser-worker',
      callerUrl: import.meta.url,
      onMessage: (message) => {
        const { stream, text } = message as InterimWords;
        this.#seats.get(stream)?.onInterim?.(text);
      },
      onFailure: (error) => this.#lose(error),
    });
  }

  get seats(): number {
    return this.#seats.size;
  }

  get gone(): boolean {
    return this.#gone;
  }

  /** Loads the library; resolves to the folder of the English model. */
  probe(modelDirectory: string | undefined): Promise<string> {
    return this.#thread.request({ type: 'probe', modelDirectory });
  }

  take(listener: SeatListener): number {
    const stream = this.#nextStream;
    this.#nextStream += 1;
    this.#seats.set(stream, listener);
    return stream;
  }

  open(request: Omit<OpenDecoder, 'type'>): Promise<void> {
    return this.#thread.request({ type: 'open', ...request });
  }

  /** Takes the samples' memory. */
  write(stream: number, samples: Int16Array<ArrayBuffer>): void {
    this.#thread.post({ type: 'audio', stream, samples }, [samples.buffer]);
  }

  endTurn(stream: number): Promise<Hypothesis> {
    return this.#thread.request({ type: 'end-turn', stream });
  }

  leave(stream: number): void {
    if (this.#seats.delete(stream)) this.#thread.post({ type: 'close-stream', stream });
  }

  /** Gives the thread up because it hangs; all its streams lose their seats. */
  abandon(error: PhoneAgentError): void {
    this.#thread.abandon(error);
    this.#lose(error);
  }

  close(): Promise<void> {
    this.#gone = true;
    return this.#thread.close();
  }

  #lose(error: PhoneAgentError): void {
    this.#gone = true;
    const listeners = [...this.#seats.values()];
    this.#seats.clear();
    for (const listener of listeners) listener.onLost(error);
  }
}
