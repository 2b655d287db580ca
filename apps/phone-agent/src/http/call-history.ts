import type { Phone, PhoneCall } from '@phone-agents/core';
import { CallNotFoundError } from '@phone-agents/core';
import type { Billing } from './describe-call.ts';

/** Ended calls that are remembered for who asks what became of one. */
const MAX_ENDED = 1_000;

/** Finds calls by our id, also those that ended lately, and what they cost. */
export class CallHistory {
  readonly #phone: Phone;
  readonly #billing = new WeakMap<PhoneCall, Billing>();
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

  /** What the provider bills for a call that has ended; undefined where it does not say, or not yet. */
  async billing(call: PhoneCall): Promise<Billing | undefined> {
    const known = this.#billing.get(call);
    if (known || !call.endInfo || call.providerCallId === undefined) return known;
    try {
      const { cost, durationMs } = await call.lookUp();
      if (!cost) return undefined;
      const billing = { durationMs, ...cost };
      this.#billing.set(call, billing);
      return billing;
    } catch {
      // What is asked for is the call; its bill may be asked for again.
      return undefined;
    }
  }
}
