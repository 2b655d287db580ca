import type { CallDirection, CallProgress } from '@phone-agents/core';
import type { TelnyxPayload } from './telnyx-webhook.ts';
import { text } from './telnyx-webhook.ts';

/** Causes that say how a call that came in ended unanswered. Telnyx adds causes without notice. */
const UNANSWERED: ReadonlyMap<string, CallProgress> = new Map([
  ['originator_cancel', 'canceled'],
  ['normal_clearing', 'canceled'],
  ['user_busy', 'busy'],
  ['call_rejected', 'busy'],
  ['timeout', 'no-answer'],
  ['no_answer', 'no-answer'],
]);

/** The same for calls that we placed: only one that was answered is cleared normally. */
const UNREACHED: ReadonlyMap<string, CallProgress> = new Map([
  ...UNANSWERED,
  ['normal_clearing', 'completed'],
  ['time_limit', 'completed'],
  ['call_rejected', 'rejected'],
]);

/** What a `call.hangup` says of the end. A call that was answered is over, whatever the cause. */
export function hangupProgress(
  payload: TelnyxPayload,
  wasAnswered: boolean,
  direction: CallDirection = 'inbound',
): CallProgress {
  if (wasAnswered) return 'completed';
  const causes = direction === 'outbound' ? UNREACHED : UNANSWERED;
  return causes.get(text(payload['hangup_cause']) ?? '') ?? 'failed';
}

/** Telnyx's own words for it: `user_busy, SIP 486`. */
export function hangupCause(payload: TelnyxPayload): string | undefined {
  const sip = text(payload['sip_hangup_cause']);
  const parts = [text(payload['hangup_cause']), sip === undefined ? undefined : `SIP ${sip}`];
  const cause = parts.filter((part) => part !== undefined).join(', ');
  return cause === '' ? undefined : cause.slice(0, 200);
}
