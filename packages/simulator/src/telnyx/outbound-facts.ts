import type { SimulatedCallEnd } from '@phone-agents/core/testing';
import type { Detected, RingEnd } from '../called-phones.ts';
import type { DialRequest } from './dial-request.ts';

/** How a call to a phone ends that nobody picked up, and how Telnyx tells it. */
export const UNANSWERED: Readonly<
  Record<
    Exclude<RingEnd, 'answer' | 'machine'>,
    { readonly end: SimulatedCallEnd; readonly cause: string; readonly sip: string }
  >
> = {
  busy: { end: { by: 'rejected', detail: 'busy' }, cause: 'user_busy', sip: '486' },
  reject: { end: { by: 'rejected', detail: 'rejected' }, cause: 'call_rejected', sip: '603' },
  fail: { end: { by: 'failed', detail: 'not reachable' }, cause: 'not_found', sip: '404' },
  'no-answer': { end: { by: 'unanswered' }, cause: 'timeout', sip: '487' },
};

const RESULTS: Readonly<
  Record<Detected, { readonly what: string; readonly premium: string; readonly standard: string }>
> = {
  human: { what: 'detection', premium: 'human_residence', standard: 'human' },
  machine: { what: 'detection', premium: 'machine', standard: 'machine' },
  beep: { what: 'greeting', premium: 'beep_detected', standard: 'beep_detected' },
};

/** The event that tells who has picked up; undefined where that kind of detection does not tell it. */
export function detectionEvent(
  detected: Detected,
  detection: DialRequest['detection'],
): { readonly name: string; readonly result: string } | undefined {
  if (detection === undefined || (detected === 'beep' && detection === 'detect')) return undefined;
  const { premium, standard, what } = RESULTS[detected];
  return detection === 'premium'
    ? { name: `call.machine.premium.${what}.ended`, result: premium }
    : { name: `call.machine.${what}.ended`, result: standard };
}
