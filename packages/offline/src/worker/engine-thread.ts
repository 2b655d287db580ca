import { Worker } from 'node:worker_threads';
import type { Transferable } from 'node:worker_threads';
import { PhoneAgentError } from '@phone-agents/core';

const CLOSE_TIMEOUT_MS = 2_000;

/** What a worker's answer to a request looks like. */
export interface Reply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string | undefined;
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

export interface EngineThreadOptions {
  /** The worker's module beside the caller's, without its extension. */
  readonly name: string;
  /** `import.meta.url` of the caller: tells where the worker's module is and in which form. */
  readonly callerUrl: string;
  /** Told of messages that answer no request. */
  readonly onMessage?: ((message: unknown) => void) | undefined;
  /** Told once if the thread ends without having been asked to. */
  readonly onFailure?: ((error: PhoneAgentError) => void) | undefined;
}

/**
 * A worker thread with requests and answers. It keeps the process alive only while an answer is
 * awaited or {@link hold} is in force.
 */
export class EngineThread {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  readonly #exited: Promise<void>;
  readonly #name: string;
  #nextId = 1;
  #holds = 0;
  #failure: PhoneAgentError | undefined;
  #closing = false;

  constructor(options: EngineThreadOptions) {
    this.#name = options.name;
    // The compiler rewrites import specifiers, not URLs: source runs as .ts, the build as .js.
    const extension = options.callerUrl.endsWith('.ts') ? '.ts' : '.js';
    const url = new URL(`./${options.name}${extension}`, options.callerUrl);
    // The process' own flags (--input-type, --test) may be ones that a worker refuses.
    this.#worker = new Worker(url, { name: options.name, execArgv: [] });
    this.#worker.unref();
    this.#exited = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        this.#fail(this.#closing ? undefined : new Error('it ended'), options.onFailure);
        resolve();
      });
    });
    this.#worker.once('error', (error) => this.#fail(error, options.onFailure));
    this.#worker.on('message', (message: unknown) => {
      if (!isReply(message)) return options.onMessage?.(message);
      const pending = this.#pending.get(message.id);
      if (pending === undefined) return;
      this.#pending.delete(message.id);
      this.release();
      if (message.error === undefined) pending.resolve(message.value);
      else pending.reject(new PhoneAgentError('speech_unavailable', message.error));
    });
  }

  /** Asks; rejects with code `speech_unavailable` where the worker says no or ends before it answers. */
  request<T>(message: object, transfer: readonly Transferable[] = []): Promise<T> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise<T>((resolve, reject) => {
      this.#pending.set(id, { resolve: resolve, reject });
      this.hold();
      this.#worker.postMessage({ ...message, id }, transfer);
    });
  }

  /** Tells; nothing comes back. */
  post(message: object, transfer: readonly Transferable[] = []): void {
    if (this.#failure === undefined) this.#worker.postMessage(message, transfer);
  }

  /** Keeps the process alive until {@link release}; counted. */
  hold(): void {
    this.#holds += 1;
    if (this.#holds === 1) this.#worker.ref();
  }

  release(): void {
    this.#holds -= 1;
    if (this.#holds === 0) this.#worker.unref();
  }

  /** Lets the worker free what it holds and end by itself; ends it by force where it does not. */
  async close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      this.#worker.ref();
      this.post({ type: 'close' });
    }
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), CLOSE_TIMEOUT_MS);
    });
    if ((await Promise.race([this.#exited, late])) === 'late') await this.#worker.terminate();
    clearTimeout(timer);
  }

  /** Ends it by force and does not wait: for a thread that hangs. Requests are rejected with `reason`. */
  abandon(reason: PhoneAgentError): void {
    this.#closing = true;
    this.#rejectAll(reason);
    this.#worker.unref();
    void this.#worker.terminate();
  }

  #fail(cause: unknown, onFailure: EngineThreadOptions['onFailure']): void {
    if (this.#failure !== undefined) return;
    const error = new PhoneAgentError(
      'speech_unavailable',
      cause === undefined
        ? `The offline speech engine (${this.#name}) has been closed.`
        : `The offline speech engine (${this.#name}) stopped unexpectedly; open a new stream.`,
      { cause },
    );
    this.#rejectAll(error);
    if (cause !== undefined) onFailure?.(error);
  }

  #rejectAll(error: PhoneAgentError): void {
    this.#failure = error;
    for (const pending of this.#pending.values()) {
      this.release();
      pending.reject(error);
    }
    this.#pending.clear();
  }
}

function isReply(message: unknown): message is Reply {
  return typeof message === 'object' && message !== null && 'id' in message;
}
