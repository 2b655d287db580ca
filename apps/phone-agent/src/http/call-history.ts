import type { Phone, PhoneCall } from '@phone-agents/core';
import { CallNotFoundError } from '@phone-agents/core';

/** Ended calls that are remembered for who asks what became of one. */
const MAX_ENDED = 1_000;

/** Finds calls by our id, also those that ended lately. */
export class CallHistory {
  readonly #phone: Phone;
  readonly #ended = new Map<string, PhoneCall>();

  constructor(phone: Phone) {
    this.#phone = phone;
    phone.on('call-ended', ({ call }) => {
      this.#ended.set(call.id, call);
      if (this.#ended.size <= MAX_ENDED) return;
      for (const oldest of this.#ended.keys()) {
        this.#ended.delete(oldest);
        break;
      }
    });
  }

  /** @throws CallNotFoundError */
  require(id: string): PhoneCall {
    const call = this.#phone.calls.get(id) ?? this.#ended.get(id);
    if (call) return call;
    throw new CallNotFoundError();
  }
}
