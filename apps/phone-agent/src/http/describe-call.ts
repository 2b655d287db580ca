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
  /** Once it has ended. */
  readonly end?: {
    readonly reason: string;
    readonly durationMs: number;
    readonly providerCause?: string | undefined;
  };
}

export function describeCall(call: PhoneCall): CallDescription {
  const end = call.endInfo;
  return {
    id: call.id,
    provider: call.provider,
    direction: call.direction,
    state: call.state,
    from: maskPhoneNumber(call.from),
    to: maskPhoneNumber(call.to),
    createdAt: new Date(call.createdAtMs).toISOString(),
    ...(end && {
      end: {
        reason: end.reason,
        durationMs: end.durationMs,
        providerCause: end.providerCause,
      },
    }),
  };
}
