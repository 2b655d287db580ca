import type { LogFields, Logger } from '../logging/logger.ts';

/** Logs faults of one stream's other side: each kind once, so that a flood fills no log. */
export class FaultLog {
  readonly #logger: Logger;
  readonly #callId: string;
  readonly #counts = new Map<string, number>();

  constructor(logger: Logger, callId: string) {
    this.#logger = logger;
    this.#callId = callId;
  }

  /** Logs the first of a kind, and counts the others. */
  warn(kind: string, fields: LogFields, message: string): void {
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    if (count === 1) this.#logger.warn({ callId: this.#callId, kind, ...fields }, message);
  }

  /** Tells at the end what came repeatedly. */
  close(): void {
    for (const [kind, count] of this.#counts) {
      if (count < 2) continue;
      const fields = { callId: this.#callId, kind, count };
      this.#logger.warn(fields, 'A fault of the media stream came repeatedly');
    }
  }
}
