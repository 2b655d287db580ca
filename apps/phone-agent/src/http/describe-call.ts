import type { PhoneCall } from '@phone-agents/core';
import { maskPhoneNumber } from '@phone-agents/core';

/** A call as the interface shows it. Numbers are masked: who asks for a call knows whom it is for. */
export interface CallDescription {
  readonly id: string;
  readonly provider: string;
  readonly direction: string;
  readonly state: string;
  readonly from: string;
  readonly to: string;
  readonly createdAt: string;
  /** Once it is known whether, and by whom, the call was answered. */
  readonly outcome?: string | undefined;
  /** Once it has ended. */
  readonly end?: {
    readonly reason: string;
    readonly durationMs: number;
    readonly providerCause?: string | undefined;
  };
  /** What the provider bills, once it says so: often minutes after the end. */
  readonly billing?: Billing | undefined;
}

/** A call as the provider bills it. */
export interface Billing {
  readonly durationMs?: number | undefined;
  readonly amount: number;
  readonly currency: string;
}

export function describeCall(call: PhoneCall, billing?: Billing): CallDescription {
  const end = call.endInfo;
  return {
    id: call.id,
    provider: call.provider,
    direction: call.direction,
    state: call.state,
    from: maskPhoneNumber(call.from),
    to: maskPhoneNumber(call.to),
    createdAt: new Date(call.createdAtMs).toISOString(),
    outcome: call.outcome,
    ...(end && {
      end: {
        reason: end.reason,
        durationMs: end.durationMs,
        providerCause: end.providerCause,
      },
    }),
    billing,
  };
}
