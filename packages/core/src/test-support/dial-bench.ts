import type { Phone } from '../phone/phone.ts';
import { createPhone } from '../phone/phone.ts';
import type { PhoneOptions } from '../phone/phone-options.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import type { ProbeAgentOptions } from '../testing/probe-agent.ts';
import { ProbeAgent } from '../testing/probe-agent.ts';
import type { BinaryCarrierOptions } from './binary-carrier.ts';
import { BinaryCarrier } from './binary-carrier.ts';
import { BinaryProvider } from './binary-provider.ts';

export const CALLED = '+15005550030';
export const CALLING = '+15005550020';

/** A phone that calls out over {@link BinaryCarrier}, with time in the test's hands. */
export interface DialBench {
  readonly clock: ManualClock;
  readonly carrier: BinaryCarrier;
  readonly provider: BinaryProvider;
  readonly agent: ProbeAgent;
  readonly phone: Phone;
  readonly errors: unknown[];
  /** Ends all calls; the clock must have no timer afterwards. */
  close(): Promise<void>;
}

export interface DialBenchOptions {
  readonly phone?: Partial<PhoneOptions> | undefined;
  readonly carrier?: Partial<BinaryCarrierOptions> | undefined;
  readonly agent?: ProbeAgentOptions | undefined;
}

export function createDialBench(options: DialBenchOptions = {}): DialBench {
  const clock = new ManualClock();
  const secret = 'a secret of these tests';
  const carrier = new BinaryCarrier({ clock, secret, repeatsReports: false, ...options.carrier });
  const provider = new BinaryProvider(secret, carrier);
  const agent = new ProbeAgent(options.agent);
  const errors: unknown[] = [];
  const phone = createPhone({
    provider,
    answer: agent,
    clock,
    publicUrl: 'https://agent.example.com/phone',
    onError: (error) => errors.push(error),
    ...options.phone,
  });
  carrier.phone = phone;
  return {
    clock,
    carrier,
    provider,
    agent,
    phone,
    errors,
    async close() {
      await carrier.close();
      const closing = phone.close();
      await clock.advance(5_000);
      await closing;
    },
  };
}
