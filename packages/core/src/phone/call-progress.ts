import type { CallEndReason } from '../calls/call-end.ts';
import type { CallLookup, CallProgress } from '../calls/call-lookup.ts';
import type { PhoneCall } from '../calls/phone-call.ts';
import { delay } from '../clock/clock.ts';
import type { ProviderHost } from '../provider/telephony-provider.ts';
import type { PhoneSettings } from './phone-options.ts';

/** Time for the provider to say what it knows, where a call's end waits for it. */
const LOOK_UP_TIMEOUT_MS = 2_000;

const FINAL: Readonly<Partial<Record<CallProgress, CallEndReason>>> = {
  completed: 'remote-hung-up',
  busy: 'busy',
  'no-answer': 'no-answer',
  rejected: 'rejected',
  canceled: 'canceled',
  failed: 'failed',
};

/** Whether the call is over at the provider. */
export function isFinal(progress: CallProgress): boolean {
  return FINAL[progress] !== undefined;
}

/**
 * Brings a call up to what the provider says of it, in whatever order that comes.
 *
 * @returns when the call has ended and everything is disposed of, where it is over
 */
export async function applyProgress(
  call: PhoneCall,
  report: Pick<CallLookup, 'durationMs' | 'progress' | 'providerCause'>,
): Promise<void> {
  const { durationMs, progress, providerCause } = report;
  const reason = FINAL[progress];
  if (reason !== undefined) {
    // Only a call that was answered completes: the report of that was lost, or comes later.
    if (progress === 'completed' && call.direction === 'outbound') call.advance('answered');
    await call.end(reason, { providerCause, durationMs });
  } else if (progress === 'ringing' || progress === 'answered') call.advance(progress);
}

/** What the provider's records say of a call; undefined where they say nothing, or not in time. */
export async function lookUpInTime(
  call: PhoneCall,
  { clock, logger, provider }: PhoneSettings,
  host: ProviderHost,
): Promise<CallLookup | undefined> {
  if (!provider.lookUp || call.providerCallId === undefined) return undefined;
  const done = new AbortController();
  const tooLong = delay(clock, LOOK_UP_TIMEOUT_MS, done.signal).then(() => undefined);
  try {
    return await Promise.race([provider.lookUp(call, host), tooLong]);
  } catch (error) {
    logger.warn({ callId: call.id, error }, 'The call could not be looked up');
    return undefined;
  } finally {
    done.abort();
  }
}
