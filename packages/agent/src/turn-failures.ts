import type { Emitter, Logger, PhoneCall } from '@phone-agents/core';
import { PhoneAgentError } from '@phone-agents/core';
import type { AgentSessionEvents } from './session-events.ts';

/** After so many failures in a row the agent gives up. */
const MAX_FAILURES = 3;

/** The turns in a row of which nothing came. */
export class TurnFailures {
  readonly #call: PhoneCall;
  readonly #logger: Logger;
  readonly #events: Emitter<AgentSessionEvents>;
  #count = 0;

  constructor(call: PhoneCall, logger: Logger, events: Emitter<AgentSessionEvents>) {
    this.#call = call;
    this.#logger = logger;
    this.#events = events;
  }

  /** Tells of a failure; true where it is one too many. */
  add(error: unknown): boolean {
    const code = PhoneAgentError.isInstance(error) ? error.code : 'unknown';
    this.#events.emit('turn-failed', { code, error });
    this.#logger.error({ callId: this.#call.id, error }, 'The agent failed in a turn');
    return ++this.#count >= MAX_FAILURES;
  }

  /** A turn went well. */
  reset(): void {
    this.#count = 0;
  }
}
