import type { CallEndReason } from './call-end.ts';

/** What became of the attempt to reach somebody. */
export type CallOutcome =
  /** Somebody answered; for an outbound call with machine detection: a person, as far as that can tell. */
  | 'answered'
  /** An answering machine or a fax answered. */
  | 'machine'
  | 'busy'
  | 'no-answer'
  /** The call was declined. */
  | 'rejected'
  /** Either side gave up before an answer. */
  | 'canceled'
  /** The phone network, a limit or a fault of ours prevented it. */
  | 'failed';

/** How a call was answered, or not. */
export interface CallAnswered {
  readonly outcome: CallOutcome;
  /** The provider's own cause or code, where it gave one. */
  readonly providerCause?: string | undefined;
}

const OUTCOMES: Readonly<Partial<Record<CallEndReason, CallOutcome>>> = {
  busy: 'busy',
  'no-answer': 'no-answer',
  rejected: 'rejected',
  canceled: 'canceled',
  forwarded: 'canceled',
  'remote-hung-up': 'canceled',
  'hung-up': 'canceled',
  'agent-hung-up': 'canceled',
  'machine-answered': 'machine',
  shutdown: 'canceled',
};

/** The outcome of a call that ended before anybody answered. */
export function outcomeOfEnd(reason: CallEndReason): CallOutcome {
  return OUTCOMES[reason] ?? 'failed';
}
