import type {
  CallLookup,
  CallProgress,
  DialRequest,
  MachineDetected,
  PhoneCall,
} from '@phone-agents/core';
import type { TelnyxEventRecord } from './event-record.ts';
import { hangupCause, hangupProgress } from './hangup-report.ts';
import { callOfState, stateOfCall } from './client-state.ts';
import { mediaToken } from './telnyx-call-control.ts';
import type { TelnyxRest } from './telnyx-rest.ts';
import { DURATION_SECONDS, RING_SECONDS, within } from './telnyx-rest.ts';
import type { TelnyxPayload, TelnyxWebhook } from './telnyx-webhook.ts';
import { text } from './telnyx-webhook.ts';

/** Results of both kinds of detection, premium and standard, by event (Telnyx docs, "Answering machine detection"). */
const DETECTION: Readonly<Record<string, ReadonlyMap<string, MachineDetected>>> = {
  'call.machine.premium.detection.ended': new Map([
    ['human_residence', { answeredBy: 'human', greetingEnded: false }],
    ['human_business', { answeredBy: 'human', greetingEnded: false }],
    ['machine', { answeredBy: 'machine', greetingEnded: false }],
    ['fax_detected', { answeredBy: 'fax', greetingEnded: false }],
  ]),
  'call.machine.detection.ended': new Map([
    ['human', { answeredBy: 'human', greetingEnded: false }],
    ['machine', { answeredBy: 'machine', greetingEnded: false }],
  ]),
  'call.machine.premium.greeting.ended': new Map([
    ['beep_detected', { answeredBy: 'machine', greetingEnded: true, beep: true }],
    ['no_beep_detected', { answeredBy: 'machine', greetingEnded: true, beep: false }],
  ]),
  'call.machine.greeting.ended': new Map([
    ['beep_detected', { answeredBy: 'machine', greetingEnded: true, beep: true }],
    ['ended', { answeredBy: 'machine', greetingEnded: true, beep: false }],
    ['not_sure', { answeredBy: 'machine', greetingEnded: true }],
  ]),
};

/** The events of machine detection. */
export const MACHINE_EVENTS: readonly string[] = Object.keys(DETECTION);

/** What an event of machine detection says: an unknown result, `silence` or `not_sure`, is `unknown`. */
export function machineDetected({ eventType, payload }: TelnyxWebhook): MachineDetected {
  const result = text(payload['result']) ?? '';
  return (
    DETECTION[eventType]?.get(result) ?? {
      answeredBy: 'unknown',
      greetingEnded: eventType.endsWith('greeting.ended'),
    }
  );
}

/** Calls out by Telnyx's REST interface, and looks up what became of it. */
export class TelnyxDialling {
  readonly #rest: TelnyxRest;

  constructor(rest: TelnyxRest) {
    this.#rest = rest;
  }

  async dial(request: DialRequest): Promise<{ providerCallId: string }> {
    const { call, machineDetection, maxDurationMs, mediaUrl, record, ringTimeoutMs } = request;
    const providerCallId = await this.#rest.dial({
      callId: call.id,
      to: call.to,
      from: call.from,
      clientState: stateOfCall(call),
      mediaUrl,
      mediaToken: mediaToken(mediaUrl),
      ringSeconds: within(RING_SECONDS, ringTimeoutMs),
      limitSeconds:
        maxDurationMs === undefined ? undefined : within(DURATION_SECONDS, maxDurationMs),
      detectsMachines: machineDetection !== 'off',
      record,
    });
    return { providerCallId };
  }

  /** Our id is in the state that Telnyx keeps: with the call while it lives, else with its events. */
  async findDialled(call: PhoneCall): Promise<string | undefined> {
    const live = await this.#rest.listActiveCalls();
    const found = live.find(({ clientState }) => callOfState(clientState) === call.id);
    if (found) return found.callControlId;
    for (const { payload } of await this.#rest.listEvents({ to: call.to, from: call.from })) {
      if (callOfState(text(payload['client_state'])) !== call.id) continue;
      const callControlId = text(payload['call_control_id']);
      if (callControlId !== undefined) return callControlId;
    }
    return undefined;
  }

  async lookUp(call: PhoneCall): Promise<CallLookup> {
    const status = await this.#rest.status(call.providerCallId ?? '');
    const events = await this.#rest.listEvents({ legId: status.callLegId });
    const hungUp = payloadOf(events, 'call.hangup');
    const wasAnswered = call.wasAnswered || payloadOf(events, 'call.answered') !== undefined;
    const progress = progressOf(call, { ...status, hungUp, wasAnswered });
    const isOver = hungUp !== undefined || !status.isAlive;
    return {
      progress,
      providerCause: hungUp && hangupCause(hungUp),
      durationMs:
        isOver && wasAnswered && status.durationSeconds !== undefined
          ? status.durationSeconds * 1000
          : undefined,
      cost: costOf(payloadOf(events, 'call.cost')),
    };
  }
}

function progressOf(
  call: PhoneCall,
  known: { isAlive: boolean; hungUp: TelnyxPayload | undefined; wasAnswered: boolean },
): CallProgress {
  if (known.hungUp) return hangupProgress(known.hungUp, known.wasAnswered, call.direction);
  if (!known.isAlive) return known.wasAnswered ? 'completed' : 'failed';
  return known.wasAnswered ? 'answered' : 'ringing';
}

function payloadOf(events: readonly TelnyxEventRecord[], name: string): TelnyxPayload | undefined {
  return events.find((event) => event.name === name)?.payload;
}

function costOf(payload: TelnyxPayload | undefined): CallLookup['cost'] {
  const amount = Number(text(payload?.['total_cost']) ?? Number.NaN);
  if (!Number.isFinite(amount)) return undefined;
  const parts = payload?.['cost_parts'];
  const first = (Array.isArray(parts) ? (parts[0] as unknown) : undefined) ?? {};
  const currency = text((first as { currency?: unknown }).currency) ?? 'USD';
  return { amount, currency: currency.toUpperCase() };
}
