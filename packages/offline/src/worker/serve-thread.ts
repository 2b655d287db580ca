import { parentPort } from 'node:worker_threads';
import type { Transferable } from 'node:worker_threads';

/** A message to a worker: a request where it has an id. */
export interface ThreadMessage {
  readonly type: string;
  readonly id?: number | undefined;
}

/** A handler's answer whose buffers move instead of being copied. */
export class Moved {
  readonly value: unknown;
  readonly transfer: readonly Transferable[];

  constructor(value: unknown, transfer: readonly Transferable[]) {
    this.value = value;
    this.transfer = transfer;
  }
}

/**
 * The worker's side of an {@link EngineThread}: one handler for each type of message. Messages are
 * handled strictly one after another, also where a handler is asynchronous.
 */
export function serveThread(
  handlers: Readonly<Record<string, (message: never) => unknown>>,
  onClose: () => void = () => undefined,
): void {
  const port = parentPort;
  if (port === null) throw new Error('This module runs in a worker thread only.');
  let last = Promise.resolve();
  port.on('message', (message: ThreadMessage) => {
    last = last.then(() => answer(message));
  });

  async function answer(message: ThreadMessage): Promise<void> {
    if (message.type === 'close') {
      onClose();
      port?.close();
      return;
    }
    try {
      const value = await handlers[message.type]?.(message as never);
      if (message.id === undefined) return;
      if (value instanceof Moved) {
        port?.postMessage({ id: message.id, value: value.value }, value.transfer);
      } else {
        port?.postMessage({ id: message.id, value });
      }
    } catch (error) {
      if (message.id === undefined) throw error;
      const text = error instanceof Error ? error.message : String(error);
      port?.postMessage({ id: message.id, error: text });
    }
  }
}

/** Sends what nobody asked for. */
export function tellOwner(message: object, transfer: readonly Transferable[] = []): void {
  parentPort?.postMessage(message, transfer);
}
