import { delay, type AudioFormat, type Clock } from '@phone-agents/core';
import type { DialOutcome } from '../dial-outcome.ts';
import type { CallEvents } from './call-events.ts';
import { createCallIdentity } from './call-identity.ts';
import {
  answeredCall,
  endedCall,
  NORMAL,
  outgoingLeg,
  type CommonPayload,
  type HangUpCause,
} from './call-payloads.ts';
import { isoTime } from './iso-time.ts';

const DIAL_FAILURES: Readonly<Record<string, { readonly cause: string; readonly sip: string }>> = {
  busy: { cause: 'user_busy', sip: '486' },
  'no-answer': { cause: 'timeout', sip: '480' },
  failed: { cause: 'not_found', sip: '404' },
};

/** A call to connect with another number. */
export interface Forwarding {
  readonly to: string;
  readonly from: string;
  readonly targetClientState: string | null;
}

export interface ForwardingOptions extends Forwarding {
  readonly clock: Clock;
  readonly events: CallEvents;
  /** What is said of the caller's leg. */
  readonly caller: CommonPayload;
  readonly format: AudioFormat;
  /** How the phone at the other number behaves. */
  readonly outcome: DialOutcome;
  /** Aborted when the caller's leg is over. */
  readonly signal: AbortSignal;
  /** The other phone has picked up: a caller who still hears ringing is answered. */
  readonly onAnswered: () => void;
}

/** Dials the other leg and tells of it. Resolves with whether both talked, when they have. */
export async function forward(options: ForwardingOptions): Promise<boolean> {
  const { caller, clock, events, format, from, outcome, signal, targetClientState, to } = options;
  const { callControlId, callLegId, callSessionId } = createCallIdentity(caller.call_session_id);
  const leg: CommonPayload = {
    ...caller,
    call_control_id: callControlId,
    call_leg_id: callLegId,
    call_session_id: callSessionId,
    client_state: targetClientState,
    from,
    to,
  };
  const now = (): string => isoTime(clock.wallTimeMs());
  const startTime = now();
  events.tell('call.initiated', outgoingLeg(leg, startTime));
  const { status, durationMs = 0 } = outcome;
  const end = (cause: HangUpCause, talkedMs: number | undefined): void =>
    events.tell('call.hangup', endedCall(leg, { startTime, endTime: now() }, cause, talkedMs));
  const failure = DIAL_FAILURES[status];
  if (failure) {
    end({ ...failure, source: 'callee' }, undefined);
    return false;
  }
  events.tell('call.answered', answeredCall(leg, startTime, format, {}));
  options.onAnswered();
  events.tell('call.bridged', { ...leg });
  events.tell('call.bridged', { ...caller });
  if (durationMs > 0) await delay(clock, durationMs, signal);
  end({ ...NORMAL, source: 'callee' }, durationMs);
  return true;
}
